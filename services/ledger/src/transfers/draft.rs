//! What somebody wants posted; pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::{Currency, TransferId};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::accounts::AccountKey;

/// Why something cannot be a transfer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    #[error("a transfer has two legs or more")]
    TooFewLegs,
    #[error("a transfer has {} legs at most", TransferDraft::MAX_LEGS)]
    TooManyLegs,
    #[error("a leg moves something")]
    EmptyLeg,
    #[error("the legs in {0} do not sum to zero")]
    Unbalanced(Currency),
    #[error("the amount is too large")]
    Overflow,
}

/// The business reason of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferKind {
    PaymentReceived,
    PaymentAllocated,
    PaymentRefunded,
    UnallocatedRefunded,
    ShareReleased,
    DeskPaymentTaken,
    DeskShareKept,
    DeskPaymentReturned,
    DeskShareReturned,
    /// Made by a person; also what tests and benchmarks post.
    Adjustment,
}

impl TransferKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PaymentReceived => "payment_received",
            Self::PaymentAllocated => "payment_allocated",
            Self::PaymentRefunded => "payment_refunded",
            Self::UnallocatedRefunded => "unallocated_refunded",
            Self::ShareReleased => "share_released",
            Self::DeskPaymentTaken => "desk_payment_taken",
            Self::DeskShareKept => "desk_share_kept",
            Self::DeskPaymentReturned => "desk_payment_returned",
            Self::DeskShareReturned => "desk_share_returned",
            Self::Adjustment => "adjustment",
        }
    }
}

/// A movement on one account: positive is a debit, negative a credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    pub account: AccountKey,
    pub amount: i64,
}

impl Leg {
    pub fn debit(account: AccountKey, amount: i64) -> Self {
        Self { account, amount }
    }

    /// `i64::MIN` has no opposite; a draft refuses it.
    pub fn credit(account: AccountKey, amount: i64) -> Self {
        Self { account, amount: amount.checked_neg().unwrap_or(i64::MIN) }
    }
}

/// A transfer that is complete and balanced, and not posted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferDraft {
    id: TransferId,
    kind: TransferKind,
    source: String,
    source_event: Option<Uuid>,
    effective_at: Timestamp,
    reverses: Option<TransferId>,
    legs: Vec<Leg>,
}

impl TransferDraft {
    pub const MAX_LEGS: usize = 1_000;

    /// `source` names what the transfer is about, as a TypeID. Fails unless there are two legs or more, each moves
    /// something, and they sum to zero per currency.
    pub fn new(
        id: TransferId,
        kind: TransferKind,
        source: impl Into<String>,
        effective_at: Timestamp,
        legs: Vec<Leg>,
    ) -> Result<Self, DraftError> {
        check(&legs)?;
        Ok(Self { id, kind, source: source.into(), source_event: None, effective_at, reverses: None, legs })
    }

    /// Names the event that caused it. Not part of the content: the same fact may be told again by another event.
    #[must_use]
    pub fn caused_by(mut self, event_id: Uuid) -> Self {
        self.source_event = Some(event_id);
        self
    }

    /// Names the transfer that this one takes back.
    #[must_use]
    pub fn reversing(mut self, transfer_id: TransferId) -> Self {
        self.reverses = Some(transfer_id);
        self
    }

    pub fn id(&self) -> TransferId {
        self.id
    }

    pub fn kind(&self) -> TransferKind {
        self.kind
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    pub fn source_event(&self) -> Option<Uuid> {
        self.source_event
    }

    pub fn effective_at(&self) -> Timestamp {
        self.effective_at
    }

    pub fn reverses(&self) -> Option<TransferId> {
        self.reverses
    }

    pub fn legs(&self) -> &[Leg] {
        &self.legs
    }

    /// SHA-256 of everything that makes it this transfer and no other, each part with its length or of fixed length.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for text in [self.kind.as_str(), &self.source] {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        hash.update(self.effective_at.as_microsecond().to_be_bytes());
        hash.update(self.reverses.map_or(Uuid::nil(), TransferId::uuid));
        for leg in &self.legs {
            hash.update(leg.account.id().uuid());
            hash.update(leg.amount.to_be_bytes());
        }
        hash.finalize().into()
    }
}

fn check(legs: &[Leg]) -> Result<(), DraftError> {
    if legs.len() < 2 {
        return Err(DraftError::TooFewLegs);
    }
    if legs.len() > TransferDraft::MAX_LEGS {
        return Err(DraftError::TooManyLegs);
    }
    let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
    for leg in legs {
        match leg.amount {
            0 => return Err(DraftError::EmptyLeg),
            i64::MIN => return Err(DraftError::Overflow),
            amount => *sums.entry(leg.account.currency()).or_default() += i128::from(amount),
        }
    }
    match sums.into_iter().find(|(_, sum)| *sum != 0) {
        Some((currency, _)) => Err(DraftError::Unbalanced(currency)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::AccountCode;

    fn draft(legs: Vec<Leg>) -> Result<TransferDraft, DraftError> {
        let id = TransferId::from_uuid(Uuid::from_u128(1));
        TransferDraft::new(id, TransferKind::Adjustment, "test", Timestamp::UNIX_EPOCH, legs)
    }

    fn legs(amounts: &[(AccountCode, Currency, i64)]) -> Vec<Leg> {
        let leg = |(code, currency, amount): &(AccountCode, Currency, i64)| Leg {
            account: code.clone().in_currency(*currency),
            amount: *amount,
        };
        amounts.iter().map(leg).collect()
    }

    #[test]
    fn only_whole_and_balanced_transfers_are_drafts() {
        use AccountCode::{Bank, Commission, Unallocated};
        let (eur, gbp) = (Currency::EUR, Currency::GBP);
        let check = |amounts: &[(AccountCode, Currency, i64)]| draft(legs(amounts)).err();
        assert_eq!(check(&[]), Some(DraftError::TooFewLegs));
        assert_eq!(check(&[(Bank, eur, 1)]), Some(DraftError::TooFewLegs));
        assert_eq!(check(&[(Bank, eur, 0), (Unallocated, eur, 0)]), Some(DraftError::EmptyLeg));
        assert_eq!(check(&[(Bank, eur, 1), (Unallocated, eur, -2)]), Some(DraftError::Unbalanced(eur)));
        assert_eq!(check(&[(Bank, eur, 1), (Unallocated, gbp, -1)]), Some(DraftError::Unbalanced(eur)));
        assert_eq!(check(&[(Bank, eur, i64::MIN), (Unallocated, eur, i64::MAX)]), Some(DraftError::Overflow));
        assert_eq!(check(&[(Bank, eur, i64::MAX), (Unallocated, eur, -i64::MAX)]), None);
        let exchange = [(Bank, eur, 10), (Unallocated, eur, -10), (Bank, gbp, -8), (Commission, gbp, 8)];
        assert_eq!(check(&exchange), None);
    }

    #[test]
    fn the_fingerprint_changes_with_every_part_of_the_content() {
        use AccountCode::{Bank, Unallocated};
        let pair = |amount| legs(&[(Bank, Currency::EUR, amount), (Unallocated, Currency::EUR, -amount)]);
        let first = draft(pair(5)).unwrap();
        assert_eq!(first.fingerprint(), draft(pair(5)).unwrap().caused_by(Uuid::from_u128(9)).fingerprint());
        let others = [
            draft(pair(6)).unwrap(),
            draft(pair(-5)).unwrap(),
            draft(legs(&[(Bank, Currency::GBP, 5), (Unallocated, Currency::GBP, -5)])).unwrap(),
            draft(pair(5)).unwrap().reversing(TransferId::new()),
            TransferDraft { source: "other".into(), ..first.clone() },
            TransferDraft { kind: TransferKind::ShareReleased, ..first.clone() },
            TransferDraft { effective_at: Timestamp::from_second(1).unwrap(), ..first.clone() },
        ];
        for other in others {
            assert_ne!(first.fingerprint(), other.fingerprint(), "{other:?}");
        }
    }
}
