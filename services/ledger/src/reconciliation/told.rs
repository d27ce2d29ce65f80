//! What nobody but the provider tells: what it keeps of a payment, and what it has sent to our bank. The book takes its word
//! the first time; whatever it says of the same transaction later is compared with that.

use kernel::TransferId;
use uuid::Uuid;

use super::{error::ReconciliationError, model::Class, store::NewTransaction};
use crate::{
    accounts::ProviderCode,
    rules::{Cast, Parts, legs},
    transfers::{TransferDraft, TransferKind},
};

/// Ids of transfers follow from the provider's ids in this namespace.
const NAMESPACE: Uuid = Uuid::from_u128(0x2c70_9a51_88d4_4e0b_b3a6_0d54_6f2e_91c5);

/// The transfers that a balance transaction makes by itself. A dispute's fee comes with the news of the dispute.
pub fn told(provider: &ProviderCode, transaction: &NewTransaction) -> Result<Vec<TransferDraft>, ReconciliationError> {
    let fee = match transaction.class {
        Class::Fee => transaction.amount.saturating_neg().saturating_add(transaction.fee),
        Class::Dispute | Class::DisputeReturn => 0,
        _ => transaction.fee,
    };
    let settled = if transaction.class == Class::Settlement { transaction.amount.saturating_neg() } else { 0 };
    let name = Uuid::new_v5(&NAMESPACE, format!("{}|{}", provider.as_str(), transaction.id).as_bytes());
    let cast = Cast { provider: Some(provider.clone()), ..Cast::new(transaction.currency) };
    // As the comparison calls it.
    let source = transaction.reference.as_ref().unwrap_or(&transaction.id);
    [(TransferKind::ProviderFee, fee), (TransferKind::ProviderSettled, settled)]
        .into_iter()
        .filter(|(_, amount)| *amount != 0)
        .map(|(kind, amount)| {
            let legs = legs(kind, &cast, Parts::whole(amount))?;
            let id = TransferId::derived(name, kind.as_str());
            Ok(TransferDraft::new(id, kind, source.clone(), transaction.occurred_at, legs)?)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(class: Class, amount: i64, fee: i64, wanted: &[(TransferKind, i64)]) {
        let transaction = NewTransaction {
            id: "txn_1".to_owned(),
            class,
            reference: None,
            currency: kernel::Currency::EUR,
            amount,
            fee,
            occurred_at: jiff::Timestamp::UNIX_EPOCH,
        };
        let provider = "stripe".parse().unwrap();
        let drafts = told(&provider, &transaction).unwrap();
        let made: Vec<_> = drafts.iter().map(|draft| (draft.kind(), draft.legs()[0].amount)).collect();
        assert_eq!(made, wanted, "{class:?} {amount} {fee}");
        assert_eq!(drafts, told(&provider, &transaction).unwrap(), "the same again is the same");
    }

    #[test]
    fn fees_and_settlements_are_taken_from_the_provider_and_nothing_else() {
        check(Class::Charge, 10_710, 335, &[(TransferKind::ProviderFee, 335)]);
        check(Class::Refund, -10_710, 0, &[]);
        check(Class::Fee, -200, 0, &[(TransferKind::ProviderFee, 200)]);
        check(Class::Dispute, -10_710, 2_000, &[]);
        check(
            Class::Settlement,
            -50_000,
            25,
            &[(TransferKind::ProviderFee, 25), (TransferKind::ProviderSettled, 50_000)],
        );
        // The bank has sent it back; a fee was given back.
        check(Class::Settlement, 50_000, 0, &[(TransferKind::ProviderSettled, -50_000)]);
        check(Class::Charge, 100, -5, &[(TransferKind::ProviderFee, -5)]);
        check(Class::Payout, i64::MIN, 0, &[]);
    }
}
