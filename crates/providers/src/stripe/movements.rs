//! Balance transactions of the platform's own account: <https://docs.stripe.com/api/balance_transactions>.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use stripe::Client;
use stripe_connect::application_fee::RetrieveApplicationFee;
use stripe_core::balance_transaction::ListBalanceTransaction;
use stripe_shared::{BalanceTransaction, BalanceTransactionSource, BalanceTransactionType};
use stripe_types::{Expandable, RangeBoundsTs, RangeQueryTs};

use super::{
    amounts::from_stripe,
    checked_id,
    errors::provider_error,
    states::{dispute_status, money, refund_state, unreadable},
};
use crate::{
    DisputeUpdated, Movement, MovementKind, MovementsPage, MovementsRequest, ProviderError, ProviderEvent,
    RefundUpdated,
};

/// As many as a page of Stripe's lists can have.
const PAGE: i64 = 100;

/// Longer than banks take to decide.
const DISPUTED_FOR: SignedDuration = SignedDuration::from_hours(120 * 24);

/// Of one look.
const MOST_PAGES: usize = 20;

/// Disputes of the last months as they are now: one that is lost moves nothing when it is.
pub async fn list_disputed(
    client: &Client,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<ProviderEvent>, ProviderError> {
    let mut request = MovementsRequest { from: from - DISPUTED_FOR, to, after: None };
    let mut news = Vec::new();
    for _ in 0..MOST_PAGES {
        let page = list(client, &request, Some("adjustment")).await?;
        request.after = page.next;
        news.extend(page.movements.into_iter().filter_map(|movement| movement.told));
        if request.after.is_none() {
            break;
        }
    }
    Ok(news)
}

pub async fn list_movements(client: &Client, request: &MovementsRequest) -> Result<MovementsPage, ProviderError> {
    list(client, request, None).await
}

async fn list(client: &Client, request: &MovementsRequest, of: Option<&str>) -> Result<MovementsPage, ProviderError> {
    let span = RangeBoundsTs {
        gte: Some(request.from.as_second()),
        lt: Some(request.to.as_second()),
        ..RangeBoundsTs::default()
    };
    // The objects behind them carry our ids.
    let call = ListBalanceTransaction::new()
        .created(RangeQueryTs::Bounds(span))
        .limit(PAGE)
        .expand(["data.source".to_owned()]);
    let call = match of {
        Some(of) => call.type_(of),
        None => call,
    };
    let call = match &request.after {
        Some(after) => call.starting_after(checked_id(after)?),
        None => call,
    };
    let page = call.send(client).await.map_err(provider_error)?;
    let mut movements: Vec<Movement> = page.data.iter().map(movement).collect::<Result<_, _>>()?;
    let mut payments: BTreeMap<String, Option<String>> = BTreeMap::new();
    for (movement, transaction) in movements.iter_mut().zip(&page.data) {
        let Some(fee) = fee_of(transaction) else { continue };
        movement.reference = match payments.get(&fee) {
            Some(known) => known.clone(),
            None => {
                let found = payment_of(client, &fee).await?;
                payments.insert(fee, found.clone());
                found
            }
        };
    }
    let next = movements.last().filter(|_| page.has_more).map(|last| last.id.clone());
    Ok(MovementsPage { movements, next })
}

/// The application fee that was taken, or part of which went back.
fn fee_of(transaction: &BalanceTransaction) -> Option<String> {
    match transaction.source.as_ref().and_then(Expandable::as_object)? {
        BalanceTransactionSource::ApplicationFee(fee) => Some(fee.id.to_string()),
        BalanceTransactionSource::ApplicationFeeRefund(refund) => Some(refund.fee.id().to_string()),
        _ => None,
    }
}

/// A fee carries nothing of ours; the charge that it was taken of does.
async fn payment_of(client: &Client, fee: &str) -> Result<Option<String>, ProviderError> {
    let call = RetrieveApplicationFee::new(checked_id(fee)?).expand(["originating_transaction".to_owned()]);
    let fee = call.send(client).await.map_err(provider_error)?;
    let charge = fee.originating_transaction.as_ref().and_then(Expandable::as_object);
    Ok(charge.and_then(|charge| charge.metadata.get("payment_id").cloned()))
}

fn movement(transaction: &BalanceTransaction) -> Result<Movement, ProviderError> {
    let code = transaction.currency.to_string();
    let read = |amount| from_stripe(amount, &code).ok_or_else(|| unreadable(&format!("amount {amount} {code}")));
    let source = transaction.source.as_ref();
    let object = source.and_then(Expandable::as_object);
    let occurred_at =
        Timestamp::from_second(transaction.created).map_err(|error| unreadable(&format!("created: {error}")))?;
    let forwarded = object.and_then(forwarded);
    let by_type = kind(&transaction.type_, &transaction.reporting_category, transaction.amount);
    let source = forwarded.as_ref().map_or_else(|| source.map(|source| source.id().to_string()), Forwarded::source);
    Ok(Movement {
        id: transaction.id.to_string(),
        kind: forwarded.as_ref().map_or(by_type, Forwarded::kind),
        reference: object.and_then(reference),
        source,
        amount: read(transaction.amount)?,
        fee: read(transaction.fee)?.amount,
        occurred_at,
        told: object.map(|object| told(object, occurred_at)).transpose()?.flatten(),
    })
}

/// A transfer that was not ours to make: Stripe makes it of a charge with a destination, and takes it back with a refund.
enum Forwarded {
    Out { transfer: String },
    Back { refund: String },
}

fn forwarded(source: &BalanceTransactionSource) -> Option<Forwarded> {
    match source {
        BalanceTransactionSource::Transfer(transfer) if transfer.source_transaction.is_some() => {
            Some(Forwarded::Out { transfer: transfer.id.to_string() })
        }
        BalanceTransactionSource::TransferReversal(reversal) => {
            reversal.source_refund.as_ref().map(|refund| Forwarded::Back { refund: refund.id().to_string() })
        }
        _ => None,
    }
}

impl Forwarded {
    fn kind(&self) -> MovementKind {
        match self {
            Self::Out { .. } => MovementKind::Forward,
            Self::Back { .. } => MovementKind::ForwardReturn,
        }
    }

    /// What of the provider's it is about: the refund, for what comes back.
    fn source(&self) -> Option<String> {
        match self {
            Self::Out { transfer } => Some(transfer.clone()),
            Self::Back { refund } => Some(refund.clone()),
        }
    }
}

/// <https://docs.stripe.com/reports/balance-transaction-types>. What we never make is shown to people as money that came or
/// went: nothing here matches it.
fn kind(of: &BalanceTransactionType, category: &str, amount: i64) -> MovementKind {
    use BalanceTransactionType as T;
    match of {
        T::Charge | T::Payment => MovementKind::Charge,
        T::Refund | T::PaymentRefund | T::PaymentFailureRefund => MovementKind::Refund,
        T::RefundFailure => MovementKind::RefundReturn,
        T::Transfer => MovementKind::Payout,
        T::TransferRefund | T::TransferCancel | T::TransferFailure => MovementKind::PayoutReturn,
        T::ApplicationFee => MovementKind::ApplicationFee,
        T::ApplicationFeeRefund => MovementKind::ApplicationFeeRefund,
        T::StripeFee | T::StripeFxFee | T::TaxFee => MovementKind::Fee,
        T::Payout | T::PayoutCancel | T::PayoutFailure => MovementKind::Settlement,
        T::Adjustment if category == "dispute" => MovementKind::Dispute,
        T::Adjustment if category == "dispute_reversal" => MovementKind::DisputeReturn,
        _ if amount < 0 => MovementKind::Payout,
        _ => MovementKind::Charge,
    }
}

/// Our id in the metadata that we gave the object.
fn reference(source: &BalanceTransactionSource) -> Option<String> {
    let in_metadata = |metadata: &HashMap<String, String>, name: &str| metadata.get(name).cloned();
    match source {
        BalanceTransactionSource::Charge(charge) => in_metadata(&charge.metadata, "payment_id"),
        BalanceTransactionSource::Refund(refund) => in_metadata(refund.metadata.as_ref()?, "refund_id"),
        // Of a charge with a destination: the group that the payment was made with.
        BalanceTransactionSource::Transfer(transfer) if transfer.source_transaction.is_some() => {
            transfer.transfer_group.clone()
        }
        BalanceTransactionSource::Transfer(transfer) => in_metadata(&transfer.metadata, "payout_id"),
        BalanceTransactionSource::TransferReversal(reversal) => in_metadata(reversal.metadata.as_ref()?, "payout_id"),
        _ => None,
    }
}

/// What an event at that instant would tell of the object as it is now; nothing of what no payment intent is behind.
fn told(source: &BalanceTransactionSource, occurred_at: Timestamp) -> Result<Option<ProviderEvent>, ProviderError> {
    match source {
        BalanceTransactionSource::Refund(refund) => {
            let Some(intent) = &refund.payment_intent else { return Ok(None) };
            let state = refund_state(refund)?;
            let ours = refund.metadata.as_ref().and_then(|metadata| metadata.get("refund_id"));
            Ok(Some(ProviderEvent::RefundUpdated(RefundUpdated {
                refund_id: ours.and_then(|id| id.parse().ok()),
                provider_payment_id: intent.id().to_string(),
                provider_refund_id: state.provider_refund_id,
                amount: state.amount,
                status: state.status,
                failure: state.failure,
                occurred_at,
            })))
        }
        BalanceTransactionSource::Dispute(dispute) => {
            let status = dispute_status(dispute.status.as_str());
            let (Some(intent), Some(status)) = (&dispute.payment_intent, status) else { return Ok(None) };
            let charged = dispute.balance_transactions.iter().find(|moved| moved.fee > 0);
            let due_by = dispute.evidence_details.due_by.filter(|second| *second > 0);
            Ok(Some(ProviderEvent::DisputeUpdated(DisputeUpdated {
                provider_dispute_id: dispute.id.to_string(),
                provider_payment_id: intent.id().to_string(),
                amount: money(dispute.amount, &dispute.currency)?,
                fee: charged.map(|moved| money(moved.fee, &moved.currency)).transpose()?,
                status,
                reason: dispute.reason.clone(),
                evidence_due_at: due_by.and_then(|second| Timestamp::from_second(second).ok()),
                occurred_at,
            })))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use BalanceTransactionType as T;

    use super::*;

    #[test]
    fn what_moved_is_told_by_type_and_category() {
        for (of, category, amount, wanted) in [
            (T::Charge, "charge", 5, MovementKind::Charge),
            (T::PaymentRefund, "refund", -5, MovementKind::Refund),
            (T::RefundFailure, "refund_failure", 5, MovementKind::RefundReturn),
            (T::Transfer, "transfer", -5, MovementKind::Payout),
            (T::TransferRefund, "transfer_reversal", 5, MovementKind::PayoutReturn),
            (T::Adjustment, "dispute", -5, MovementKind::Dispute),
            (T::Adjustment, "dispute_reversal", 5, MovementKind::DisputeReturn),
            (T::ApplicationFee, "platform_earning", 5, MovementKind::ApplicationFee),
            (T::ApplicationFeeRefund, "platform_earning_refund", -5, MovementKind::ApplicationFeeRefund),
            (T::StripeFee, "fee", -5, MovementKind::Fee),
            (T::Payout, "payout", -5, MovementKind::Settlement),
            (T::PayoutFailure, "payout_reversal", 5, MovementKind::Settlement),
            (T::Topup, "topup", 5, MovementKind::Charge),
            (T::Adjustment, "other_adjustment", -5, MovementKind::Payout),
        ] {
            assert_eq!(kind(&of, category, amount), wanted, "{of:?} {category}");
        }
    }
}
