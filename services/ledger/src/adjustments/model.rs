//! What a correction is; pure.

use jiff::Timestamp;
use kernel::{AdjustmentId, Currency, TransferId, UserId};
use serde::{Deserialize, Serialize};

use super::error::AdjustmentError;
use crate::{
    accounts::AccountKey,
    transfers::{Lateness, Leg, TransferDraft, TransferKind},
};

/// One side of a movement, as people write it: one of `debit` and `credit` is 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdjustmentLeg {
    /// A code of the chart of accounts.
    #[schema(min_length = 1, max_length = 100, example = "liabilities:unallocated")]
    pub account: String,
    pub currency: Currency,
    /// Minor units.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub debit: i64,
    #[serde(default)]
    #[schema(minimum = 0)]
    pub credit: i64,
}

impl AdjustmentLeg {
    pub fn of(leg: &Leg) -> Self {
        Self {
            account: leg.account.code().to_string(),
            currency: leg.account.currency(),
            debit: leg.amount.max(0),
            credit: leg.amount.min(0).saturating_neg(),
        }
    }

    /// `index` is its place in the request.
    pub fn leg(&self, index: usize) -> Result<Leg, AdjustmentError> {
        let code = self.account.parse().map_err(|_| AdjustmentError::UnknownAccount(index))?;
        let account = AccountKey::new(code, self.currency);
        match (self.debit, self.credit) {
            (debit, 0) if debit > 0 => Ok(Leg::debit(account, debit)),
            (0, credit) if credit > 0 => Ok(Leg::credit(account, credit)),
            _ => Err(AdjustmentError::OneSide(index)),
        }
    }
}

/// The legs of a request, in order.
pub fn legs(legs: &[AdjustmentLeg]) -> Result<Vec<Leg>, AdjustmentError> {
    legs.iter().enumerate().map(|(index, leg)| leg.leg(index)).collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdjustmentStatus {
    Proposed,
    Approved,
    Rejected,
}

impl AdjustmentStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }

    pub fn parse(text: &str) -> Self {
        // The column is checked to be one of the three.
        match text {
            "approved" => Self::Approved,
            "rejected" => Self::Rejected,
            _ => Self::Proposed,
        }
    }
}

#[derive(Debug, Clone)]
pub struct Adjustment {
    pub id: AdjustmentId,
    pub reverses: Option<TransferId>,
    pub legs: Vec<AdjustmentLeg>,
    pub effective_at: Timestamp,
    pub reason: String,
    pub status: AdjustmentStatus,
    pub proposed_by: UserId,
    pub proposed_at: Timestamp,
    pub decided_by: Option<UserId>,
    pub decided_at: Option<Timestamp>,
    pub transfer_id: Option<TransferId>,
}

impl Adjustment {
    /// Somebody else than who proposed it decides, and once.
    pub fn may_be_decided_by(&self, person: UserId) -> Result<(), AdjustmentError> {
        if self.status != AdjustmentStatus::Proposed {
            return Err(AdjustmentError::Decided);
        }
        if self.proposed_by == person {
            return Err(AdjustmentError::SecondPerson);
        }
        Ok(())
    }

    /// The transfer that it becomes. A date in a closed period is refused: a person has named it.
    pub fn draft(&self) -> Result<TransferDraft, AdjustmentError> {
        let id = TransferId::derived(self.id.uuid(), "adjusted");
        let kind = if self.reverses.is_some() { TransferKind::Reversal } else { TransferKind::Adjustment };
        let draft = TransferDraft::new(id, kind, self.id.to_string(), self.effective_at, legs(&self.legs)?)?;
        let draft = draft.by(self.proposed_by, self.reason.clone()).when_late(Lateness::Refused);
        Ok(match self.reverses {
            Some(transfer_id) => draft.reversing(transfer_id),
            None => draft,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(account: &str, debit: i64, credit: i64) -> AdjustmentLeg {
        AdjustmentLeg { account: account.to_owned(), currency: Currency::EUR, debit, credit }
    }

    fn adjustment(legs: Vec<AdjustmentLeg>) -> Adjustment {
        Adjustment {
            id: AdjustmentId::new(),
            reverses: None,
            legs,
            effective_at: Timestamp::UNIX_EPOCH,
            reason: "a cent too many".to_owned(),
            status: AdjustmentStatus::Proposed,
            proposed_by: UserId::new(),
            proposed_at: Timestamp::UNIX_EPOCH,
            decided_by: None,
            decided_at: None,
            transfer_id: None,
        }
    }

    #[test]
    fn nobody_approves_what_they_have_proposed_and_nobody_decides_twice() {
        let mut one = adjustment(Vec::new());
        assert!(matches!(one.may_be_decided_by(one.proposed_by), Err(AdjustmentError::SecondPerson)));
        assert!(one.may_be_decided_by(UserId::new()).is_ok());
        one.status = AdjustmentStatus::Rejected;
        assert!(matches!(one.may_be_decided_by(UserId::new()), Err(AdjustmentError::Decided)));
    }

    #[test]
    fn a_leg_has_one_side_of_an_account_of_the_chart() {
        for bad in [leg("assets:bank", 0, 0), leg("assets:bank", 1, 1), leg("assets:bank", -1, 0)] {
            assert!(matches!(bad.leg(3), Err(AdjustmentError::OneSide(3))), "{bad:?}");
        }
        assert!(matches!(leg("assets:mattress", 1, 0).leg(0), Err(AdjustmentError::UnknownAccount(0))));
        let credit = leg("assets:bank", 0, 5);
        assert_eq!(AdjustmentLeg::of(&credit.leg(0).unwrap()), credit);
    }

    #[test]
    fn what_does_not_balance_never_becomes_a_transfer() {
        let lopsided = adjustment(vec![leg("assets:bank", 5, 0), leg("liabilities:unallocated", 0, 4)]);
        assert!(matches!(lopsided.draft(), Err(AdjustmentError::Draft(_))));
        let whole = adjustment(vec![leg("assets:bank", 5, 0), leg("liabilities:unallocated", 0, 5)]);
        assert_eq!(whole.draft().unwrap().lateness(), Lateness::Refused);
    }
}
