//! A dispute and how it moves; pure.

use jiff::Timestamp;
use kernel::{CompanyId, DisputeId, Money, PaymentId};
use providers::{DisputeStatus as ProviderStatus, DisputeUpdated, ProviderName};

use crate::{payments::Payment, stored::text_enum};

text_enum! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub enum DisputeStatus {
        NeedsResponse = "needs_response",
        UnderReview = "under_review",
        Won = "won",
        Lost = "lost",
    }
}

impl From<ProviderStatus> for DisputeStatus {
    fn from(status: ProviderStatus) -> Self {
        match status {
            ProviderStatus::NeedsResponse => Self::NeedsResponse,
            ProviderStatus::UnderReview => Self::UnderReview,
            ProviderStatus::Won => Self::Won,
            ProviderStatus::Lost => Self::Lost,
        }
    }
}

impl DisputeStatus {
    pub fn is_decided(self) -> bool {
        self >= Self::Won
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    pub id: DisputeId,
    /// Rises with every change.
    pub version: i64,
    pub payment_id: PaymentId,
    pub company_id: CompanyId,
    pub provider: ProviderName,
    pub provider_dispute_id: String,
    pub status: DisputeStatus,
    pub amount: Money,
    pub fee: Option<Money>,
    pub reason: String,
    pub evidence_due_at: Option<Timestamp>,
    pub told_at: Timestamp,
    pub opened_at: Timestamp,
    pub closed_at: Option<Timestamp>,
}

/// What people have to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Opened,
    Won,
    Lost,
}

impl Dispute {
    /// A dispute that is heard of for the first time, with whatever was told first.
    pub fn new(payment: &Payment, told: &DisputeUpdated) -> Self {
        let status = DisputeStatus::from(told.status);
        Self {
            id: DisputeId::new(),
            version: 1,
            payment_id: payment.id,
            company_id: payment.company_id,
            provider: payment.provider,
            provider_dispute_id: told.provider_dispute_id.clone(),
            status,
            amount: told.amount,
            fee: told.fee,
            reason: told.reason.clone(),
            evidence_due_at: told.evidence_due_at,
            told_at: told.occurred_at,
            opened_at: told.occurred_at,
            closed_at: status.is_decided().then_some(told.occurred_at),
        }
    }

    /// Takes one more fact in. The result is the same in any order: a decision overrules what is open, of two facts of a
    /// kind the later one counts (of one instant, the further one), the opening is the earliest, and a fee once known
    /// stays known.
    pub fn apply(&mut self, told: &DisputeUpdated) -> Option<Turn> {
        self.opened_at = self.opened_at.min(told.occurred_at);
        self.fee = self.fee.or(told.fee);
        let status = DisputeStatus::from(told.status);
        let newer = (status.is_decided(), told.occurred_at, status);
        if newer <= (self.status.is_decided(), self.told_at, self.status) {
            return None;
        }
        let was_decided = self.status.is_decided();
        (self.status, self.told_at) = (status, told.occurred_at);
        (self.amount, self.reason) = (told.amount, told.reason.clone());
        self.evidence_due_at = told.evidence_due_at;
        self.closed_at = status.is_decided().then_some(told.occurred_at);
        if was_decided { None } else { self.turn() }
    }

    /// What a dispute is as it stands.
    pub fn turn(&self) -> Option<Turn> {
        match self.status {
            DisputeStatus::Won => Some(Turn::Won),
            DisputeStatus::Lost => Some(Turn::Lost),
            DisputeStatus::NeedsResponse | DisputeStatus::UnderReview => None,
        }
    }
}

#[cfg(test)]
mod tests;
