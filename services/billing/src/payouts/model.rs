//! A payout, the steps it takes, and what becomes of it; pure.

use jiff::{SignedDuration, Timestamp};
use kernel::{CompanyId, Money, PayoutId, UserId};
use providers::{
    BankPayoutRequest, DisbursementRequest, Failure, PayoutProgress, PayoutState, ProviderName, ReversalRequest,
    TransferRequest,
};

use crate::{questions::next_question, stored::text_enum};

text_enum! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum PayoutStatus {
        /// Meant; whether the ledger holds it is not known yet.
        Requested = "requested",
        /// The ledger keeps it for nothing else.
        Held = "held",
        /// It lies on the company's account at the provider.
        Transferred = "transferred",
        /// On its way to the bank, or to the company's own account at the provider.
        Sent = "sent",
        /// The company has it, and it may still be sent back.
        Paid = "paid",
        /// It will not arrive: what was done is being undone.
        Failing = "failing",
        /// It never left the books.
        Failed = "failed",
        /// It had left the books and is there again.
        Returned = "returned",
    }
}

text_enum! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum PayoutCause {
        /// Somebody of the company asked.
        Requested = "requested",
        Schedule = "schedule",
    }
}

/// Why it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    Asked(UserId),
    /// The day, week or month it is for.
    Period(String),
}

/// How it gets to the company.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// To the account that the platform has made for the company at the provider, of this id, and from there to its bank.
    Account(String),
    /// Straight to the company's own account at the provider, by its address there. The address may be somebody's, so it is
    /// kept only until the provider has it.
    Receiver(Option<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayout {
    pub company_id: CompanyId,
    pub provider: ProviderName,
    pub way: Way,
    pub amount: Money,
    pub reason: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    pub id: PayoutId,
    /// Rises with every change.
    pub version: i64,
    pub company_id: CompanyId,
    pub provider: ProviderName,
    pub way: Way,
    pub status: PayoutStatus,
    pub amount: Money,
    pub reason: Reason,
    pub captured_at: Option<Timestamp>,
    pub transfer_id: Option<String>,
    pub reversal_id: Option<String>,
    pub provider_payout_id: Option<String>,
    /// What the provider's statements call it, once they name what goes straight to a receiver.
    pub movement_id: Option<String>,
    /// Why it failed; or what it waits for on its way.
    pub failure: Option<Failure>,
    pub arrives_at: Option<Timestamp>,
    pub paid_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    /// How often the provider has refused the next step for now.
    pub refusals: u32,
    /// Since when the next step may have been done without our knowing.
    pub asked_at: Option<Timestamp>,
    pub check_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What is to be done next, each a call to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The ledger keeps the money.
    Hold,
    /// The provider moves it to the company's account.
    Transfer,
    /// The provider sends it on: from there to the bank, or straight to its receiver.
    PayOut,
    /// The ledger books it as gone.
    Capture,
    /// The provider tells how far it is.
    Ask,
    /// The provider takes it back from the company's account.
    Reverse,
    /// The ledger lets it go: it never left.
    Void,
    /// The ledger books it back.
    Return,
}

/// What came of a step, or was told by the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    Held,
    /// The ledger does not have that much.
    NotHeld(Failure),
    Transferred(String),
    /// The provider will not do the step, ever.
    Refused(Step, Failure),
    /// What the provider says of the way to the company.
    Told(PayoutState),
    Captured,
    Reversed(String),
    Voided,
    Returned,
}

/// What the company hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The money is set aside and will be sent.
    Requested,
    Paid,
    /// The company has the money again.
    Failed,
}

/// How long it may take until something is sent back.
const COMES_BACK_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Payout {
    pub fn new(new: NewPayout, now: Timestamp) -> Self {
        Self {
            id: PayoutId::new(),
            version: 1,
            company_id: new.company_id,
            provider: new.provider,
            way: new.way,
            status: PayoutStatus::Requested,
            amount: new.amount,
            reason: new.reason,
            captured_at: None,
            transfer_id: None,
            reversal_id: None,
            provider_payout_id: None,
            movement_id: None,
            failure: None,
            arrives_at: None,
            paid_at: None,
            closed_at: None,
            refusals: 0,
            asked_at: None,
            check_at: None,
            created_at: now,
            updated_at: now,
        }
    }

    pub fn cause(&self) -> PayoutCause {
        match self.reason {
            Reason::Asked(_) => PayoutCause::Requested,
            Reason::Period(_) => PayoutCause::Schedule,
        }
    }

    /// What is to be done at `now`; nothing where the provider is awaited, or where it is over.
    pub fn next_step(&self, now: Timestamp) -> Option<Step> {
        match self.status {
            PayoutStatus::Requested => Some(Step::Hold),
            PayoutStatus::Held | PayoutStatus::Transferred => self.outward_step(),
            PayoutStatus::Sent | PayoutStatus::Paid if self.captured_at.is_none() && self.has_left() => {
                Some(Step::Capture)
            }
            PayoutStatus::Sent | PayoutStatus::Paid => self.check_at.filter(|at| *at <= now).map(|_| Step::Ask),
            PayoutStatus::Failing if self.transfer_id.is_some() && self.reversal_id.is_none() => Some(Step::Reverse),
            PayoutStatus::Failing if self.captured_at.is_some() => Some(Step::Return),
            // It had left unnoticed: the books follow it out and back, as the provider's statements do.
            PayoutStatus::Failing if self.movement_id.is_some() => Some(Step::Capture),
            PayoutStatus::Failing => Some(Step::Void),
            PayoutStatus::Failed | PayoutStatus::Returned => None,
        }
    }

    /// The call to the provider by which what is held goes on.
    fn outward_step(&self) -> Option<Step> {
        match (self.status, &self.way) {
            (PayoutStatus::Held, Way::Account(_)) => Some(Step::Transfer),
            (PayoutStatus::Held, Way::Receiver(_)) | (PayoutStatus::Transferred, _) => Some(Step::PayOut),
            _ => None,
        }
    }

    /// The money has left our balance at the provider: at once where it goes by way of an account, else as soon as the provider
    /// has processed it.
    fn has_left(&self) -> bool {
        self.account().is_some() || self.movement_id.is_some() || self.status == PayoutStatus::Paid
    }

    /// The company's account at the provider, where it goes by way of one.
    pub fn account(&self) -> Option<&str> {
        if let Way::Account(id) = &self.way { Some(id) } else { None }
    }

    /// Before a call that may be done without our hearing of it.
    pub fn ask(&mut self, now: Timestamp) {
        self.asked_at = self.asked_at.or(Some(now));
    }

    /// Takes a fact in, once: one that is late or told again changes nothing. What is over stays over, and what the bank
    /// has refused does not become paid again.
    pub fn apply(&mut self, fact: Fact, now: Timestamp) -> Option<Outcome> {
        match (self.status, fact) {
            (PayoutStatus::Requested, Fact::Held) => {
                self.go_on(PayoutStatus::Held);
                Some(Outcome::Requested)
            }
            (PayoutStatus::Requested, Fact::NotHeld(failure)) => {
                self.failure = Some(failure);
                self.close(PayoutStatus::Failed, now);
                // Nobody has heard of it yet.
                None
            }
            (PayoutStatus::Held, Fact::Transferred(id)) if self.account().is_some() => {
                self.transfer_id = Some(id);
                self.go_on(PayoutStatus::Transferred);
                None
            }
            (_, Fact::Refused(step, failure)) if self.outward_step() == Some(step) => {
                self.fail(failure);
                None
            }
            (_, Fact::Told(state)) if self.outward_step() == Some(Step::PayOut) => self.follow(state, now),
            (PayoutStatus::Sent | PayoutStatus::Paid, Fact::Told(state)) => self.follow(state, now),
            (PayoutStatus::Sent | PayoutStatus::Paid | PayoutStatus::Failing, Fact::Captured) => {
                self.captured_at = self.captured_at.or(Some(now));
                self.asked_at = None;
                None
            }
            (PayoutStatus::Failing, Fact::Reversed(id)) if self.transfer_id.is_some() => {
                self.reversal_id.get_or_insert(id);
                self.go_on(PayoutStatus::Failing);
                None
            }
            (PayoutStatus::Failing, Fact::Voided) if self.captured_at.is_none() => {
                self.close(PayoutStatus::Failed, now);
                Some(Outcome::Failed)
            }
            (PayoutStatus::Failing, Fact::Returned) if self.captured_at.is_some() => {
                self.close(PayoutStatus::Returned, now);
                Some(Outcome::Failed)
            }
            _ => None,
        }
    }

    /// The provider refuses the next step for now: it is tried again under another key.
    pub fn put_off(&mut self, refusals: u32) {
        // Somebody else may have been told the same, under the same key.
        if self.refusals == refusals {
            self.refusals += 1;
            self.asked_at = None;
        }
    }

    fn follow(&mut self, state: PayoutState, now: Timestamp) -> Option<Outcome> {
        let known = self.provider_payout_id.get_or_insert_with(|| state.provider_payout_id.clone());
        if *known != state.provider_payout_id {
            return None;
        }
        self.arrives_at = state.arrives_at.or(self.arrives_at);
        self.movement_id = state.movement_id.or(self.movement_id.take());
        match (self.status, state.progress) {
            // Older than what we know: asked again another time, where this was the answer to a question.
            (PayoutStatus::Paid, PayoutProgress::Pending) => {
                let next = next_question(self.created_at, now);
                self.check_at = self.check_at.map(|at| if at <= now { next } else { at });
                None
            }
            (PayoutStatus::Paid, PayoutProgress::Paid) => {
                self.check_at = self.check_at.filter(|at| now < *at);
                None
            }
            (_, PayoutProgress::Pending) => {
                self.failure = state.failure;
                self.go_on(PayoutStatus::Sent);
                self.check_at = Some(next_question(self.created_at, now));
                None
            }
            (_, PayoutProgress::Paid) => {
                self.failure = None;
                self.go_on(PayoutStatus::Paid);
                self.paid_at = Some(now);
                self.check_at = Some(now + COMES_BACK_WITHIN);
                Some(Outcome::Paid)
            }
            (_, PayoutProgress::Failed) => {
                self.fail(state.failure.unwrap_or_else(unexplained));
                None
            }
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.failure = Some(failure);
        self.check_at = None;
        self.go_on(PayoutStatus::Failing);
    }

    fn close(&mut self, status: PayoutStatus, now: Timestamp) {
        self.go_on(status);
        self.check_at = None;
        self.closed_at = Some(now);
    }

    /// What was known of the step before does not hold for the next one, and what is sent needs no address.
    fn go_on(&mut self, status: PayoutStatus) {
        self.status = status;
        if let (Way::Receiver(address), false) = (&mut self.way, status == PayoutStatus::Held) {
            *address = None;
        }
        self.refusals = 0;
        self.asked_at = None;
    }

    /// The calls, from recorded values only; `account` is that of its way.
    pub fn transfer_request(&self, account: &str) -> TransferRequest {
        TransferRequest {
            payout_id: self.id,
            provider_account_id: account.to_owned(),
            amount: self.amount,
            refusals: self.refusals,
            asked_before: self.asked_at.is_some(),
        }
    }

    pub fn bank_request(&self, account: &str) -> BankPayoutRequest {
        BankPayoutRequest {
            payout_id: self.id,
            provider_account_id: account.to_owned(),
            amount: self.amount,
            refusals: self.refusals,
            asked_before: self.asked_at.is_some(),
        }
    }

    pub fn disbursement_request(&self, address: &str, now: Timestamp) -> DisbursementRequest {
        DisbursementRequest {
            payout_id: self.id,
            receiver: address.to_owned(),
            amount: self.amount,
            refusals: self.refusals,
            unknown_for: self.asked_at.map(|asked_at| now.duration_since(asked_at)),
        }
    }

    /// `None` where nothing was moved.
    pub fn reversal_request(&self) -> Option<ReversalRequest> {
        let provider_transfer_id = self.transfer_id.clone()?;
        Some(ReversalRequest { payout_id: self.id, provider_transfer_id, refusals: self.refusals })
    }
}

fn unexplained() -> Failure {
    Failure { code: "unknown".to_owned(), message: "The payout did not arrive.".to_owned() }
}

#[cfg(test)]
mod tests;
