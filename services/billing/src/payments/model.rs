//! The state machine of a payment.
//!
//! Facts arrive in any order, so a payment does not follow transitions: it rises. Each fact can only lift the status
//! (pending, processing, authorized, cancelled, failed, succeeded) or complete what is known; the result is the same whatever the
//! order, and success, once there, is not undone by a decline that was told late.

use commission::Rate;
use jiff::{SignedDuration, Timestamp};
use kernel::{CompanyId, Money, PaymentId, UserId};
use providers::{Failure, MethodSummary, ProviderName};

use super::{
    facts::{Decline, Fact, Grant, Success},
    settlement::CompanySettlement,
};
use crate::{authorizations::Authorization, payables::PayableRef, questions::next_question, stored::text_enum};

text_enum! {
    /// In the order in which one overrules the other. Cancelled and failed are over for us, but money that was in
    /// flight may still arrive.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    pub enum PaymentStatus {
        Pending = "pending",
        Processing = "processing",
        /// Held, and not taken.
        Authorized = "authorized",
        Cancelled = "cancelled",
        Failed = "failed",
        Succeeded = "succeeded",
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    pub id: PaymentId,
    /// Rises with every change.
    pub version: i64,
    pub payable: PayableRef,
    pub company_id: CompanyId,
    /// `None` where a guest's booking was paid by a link.
    pub customer_user_id: Option<UserId>,
    pub provider: ProviderName,
    pub status: PaymentStatus,
    /// What was asked for.
    pub amount: Money,
    /// What was received, in the same currency: 0 until it succeeded.
    pub captured: i64,
    /// What has gone back.
    pub refunded: i64,
    /// What is promised to refunds under way. `refunded + refunding` never exceeds `captured`.
    pub refunding: i64,
    pub provider_payment_id: Option<String>,
    pub method: Option<MethodSummary>,
    /// Why the last attempt failed; nothing once one has succeeded.
    pub failure: Option<Failure>,
    pub declined_at: Option<Timestamp>,
    pub processing_at: Option<Timestamp>,
    pub attempts: i32,
    pub succeeded_at: Option<Timestamp>,
    /// When the payable's owner counted it.
    pub applied_at: Option<Timestamp>,
    /// When the payable's owner said that it cannot use it.
    pub orphaned_at: Option<Timestamp>,
    /// When the provider is asked next.
    pub check_at: Option<Timestamp>,
    /// Where the money is held first, and taken later if at all.
    pub authorization: Option<Authorization>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// `None` where the platform holds the money.
    pub company_settlement: Option<CompanySettlement>,
    /// What the platform keeps of the net part, decided when the payment was made; not known of payments of before that.
    pub commission: Option<Rate>,
}

/// Whom a new payment is for and what it asks.
#[derive(Debug, Clone)]
pub struct NewPayment {
    pub payable: PayableRef,
    pub company_id: CompanyId,
    pub customer_user_id: Option<UserId>,
    pub provider: ProviderName,
    pub amount: Money,
    /// Where it is only to be held.
    pub authorization: Option<Authorization>,
    pub settlement: Option<CompanySettlement>,
    pub commission: Option<Rate>,
}

/// How many attempts are recorded, by where they are known from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub declined_by_events: i32,
    pub declined_as_seen: i32,
    pub succeeded: i32,
}

impl Tally {
    /// What was seen when asking is one of the attempts that events tell of, unless there are none.
    pub fn attempts(self) -> i32 {
        self.declined_by_events.max(self.declined_as_seen.min(1)) + self.succeeded.min(1)
    }
}

/// What the others have to hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    Succeeded,
    Declined(Failure),
}

/// The fact cannot be about this payment's money: nothing is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{received} was received for a payment of {asked}")]
pub struct WrongMoney {
    pub asked: Money,
    pub received: Money,
}

/// More than is left of a payment was to go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only {left} is left of the payment")]
pub struct ExceedsPayment {
    pub left: Money,
}

/// How long a payment that is over is still asked about: money in flight may arrive and its webhook be lost.
const CANCELLED_CHECKS: SignedDuration = SignedDuration::from_hours(72);

impl Payment {
    pub fn new(new: NewPayment, now: Timestamp) -> Self {
        Self {
            id: PaymentId::new(),
            version: 1,
            payable: new.payable,
            company_id: new.company_id,
            customer_user_id: new.customer_user_id,
            provider: new.provider,
            status: PaymentStatus::Pending,
            amount: new.amount,
            captured: 0,
            refunded: 0,
            refunding: 0,
            provider_payment_id: None,
            method: None,
            failure: None,
            declined_at: None,
            processing_at: None,
            attempts: 0,
            succeeded_at: None,
            applied_at: None,
            orphaned_at: None,
            check_at: Some(next_question(now, now)),
            authorization: new.authorization,
            created_at: now,
            updated_at: now,
            company_settlement: new.settlement,
            commission: new.commission,
        }
    }

    /// A success that says nothing new: Stripe tells of each three times.
    pub fn knows(&self, fact: &Fact) -> bool {
        let Fact::Succeeded(success) = fact else { return false };
        self.status == PaymentStatus::Succeeded
            && self.provider_payment_id.as_ref() == Some(&success.provider_payment_id)
            && success.received == Money::new(self.captured, self.amount.currency)
            && (success.method.is_none() || self.method.is_some())
    }

    /// Takes one fact in. `tally` counts the recorded attempts, this fact's included.
    pub fn apply(&mut self, fact: &Fact, tally: Tally) -> Result<Option<Turn>, WrongMoney> {
        match fact {
            Fact::Succeeded(success) => self.check_money(success.received)?,
            // Of a payment that is taken at once it says nothing.
            Fact::Authorized(_) if self.authorization.is_none() => return Ok(None),
            Fact::Authorized(grant) => self.check_money(grant.held.amount)?,
            _ => {}
        }
        let is_new_attempt = tally.attempts() > self.attempts;
        self.attempts = tally.attempts();
        let turn = match fact {
            Fact::Succeeded(success) => self.succeed(success),
            Fact::Authorized(grant) => {
                self.hold(grant);
                None
            }
            _ if self.status == PaymentStatus::Succeeded => None,
            Fact::Declined(decline) => self.decline(decline, is_new_attempt),
            Fact::Processing { provider_payment_id, at } => {
                self.processing_at = self.processing_at.max(Some(*at));
                self.provider_payment_id.get_or_insert_with(|| provider_payment_id.clone());
                None
            }
            Fact::SessionExpired => {
                self.rise_to(PaymentStatus::Cancelled);
                None
            }
            Fact::Released { at } => {
                if let Some(authorization) = &mut self.authorization {
                    authorization.release(*at);
                }
                self.rise_to(PaymentStatus::Cancelled);
                None
            }
            Fact::Refused(failure) => {
                self.failure.get_or_insert_with(|| failure.clone());
                self.rise_to(PaymentStatus::Failed);
                None
            }
        };
        self.settle();
        Ok(turn)
    }

    fn check_money(&self, received: Money) -> Result<(), WrongMoney> {
        let fits = received.is_positive() && received.currency == self.amount.currency;
        if fits { Ok(()) } else { Err(WrongMoney { asked: self.amount, received }) }
    }

    fn succeed(&mut self, success: &Success) -> Option<Turn> {
        if self.method.is_none() {
            self.method = success.method.clone();
        }
        if self.status == PaymentStatus::Succeeded {
            return None;
        }
        self.status = PaymentStatus::Succeeded;
        self.captured = success.received.amount;
        self.provider_payment_id = Some(success.provider_payment_id.clone());
        self.succeeded_at = Some(success.at);
        (self.failure, self.declined_at, self.processing_at) = (None, None, None);
        if let Some(authorization) = &mut self.authorization {
            authorization.take();
        }
        Some(Turn::Succeeded)
    }

    fn hold(&mut self, grant: &Grant) {
        if self.method.is_none() {
            self.method = grant.method.clone();
        }
        self.provider_payment_id.get_or_insert_with(|| grant.provider_payment_id.clone());
        if let Some(authorization) = &mut self.authorization {
            authorization.hold(grant.held, grant.at);
        }
        self.rise_to(PaymentStatus::Authorized);
    }

    fn decline(&mut self, decline: &Decline, is_new_attempt: bool) -> Option<Turn> {
        let known = (self.declined_at, self.failure.as_ref().map(|failure| &failure.code));
        if (Some(decline.at), Some(&decline.failure.code)) >= known {
            self.declined_at = Some(decline.at);
            self.failure = Some(decline.failure.clone());
        }
        if self.provider_payment_id.is_none() {
            self.provider_payment_id = decline.provider_payment_id.clone();
        }
        if decline.is_final {
            self.rise_to(PaymentStatus::Failed);
        }
        (is_new_attempt && !self.is_held()).then(|| Turn::Declined(decline.failure.clone()))
    }

    fn rise_to(&mut self, status: PaymentStatus) {
        self.status = self.status.max(status);
    }

    /// A decline ends the processing it came after: the session is open for another try.
    fn settle(&mut self) {
        if self.is_held() {
            // Whatever was tried before, the bank has agreed.
            (self.failure, self.declined_at, self.processing_at) = (None, None, None);
        }
        if self.status <= PaymentStatus::Processing {
            let is_processing = self.processing_at > self.declined_at;
            self.status = if is_processing { PaymentStatus::Processing } else { PaymentStatus::Pending };
        }
    }

    fn is_held(&self) -> bool {
        self.authorization.as_ref().is_some_and(|authorization| authorization.held.is_some())
    }

    /// True when no one is expected to pay any more.
    pub fn is_over(&self) -> bool {
        self.status >= PaymentStatus::Cancelled
    }

    /// When to ask the provider next, while it may have something to tell.
    pub fn next_check(&self, now: Timestamp) -> Option<Timestamp> {
        let age = now.duration_since(self.created_at);
        let is_settled = match self.status {
            PaymentStatus::Succeeded | PaymentStatus::Failed => true,
            PaymentStatus::Cancelled => age > CANCELLED_CHECKS,
            PaymentStatus::Pending | PaymentStatus::Processing | PaymentStatus::Authorized => false,
        };
        (!is_settled).then(|| next_question(self.created_at, now))
    }

    /// What can still go back.
    pub fn left(&self) -> Money {
        Money::new(self.captured - self.refunded - self.refunding, self.amount.currency)
    }

    /// Promises part of the money to a refund.
    pub fn reserve_refund(&mut self, amount: i64) -> Result<(), ExceedsPayment> {
        let left = self.left();
        if amount <= 0 || amount > left.amount {
            return Err(ExceedsPayment { left });
        }
        self.refunding += amount;
        Ok(())
    }

    /// A promised refund has gone back; answers what had gone back before.
    pub fn settle_refund(&mut self, amount: i64) -> i64 {
        let before = self.refunded;
        self.refunding -= amount;
        self.refunded += amount;
        before
    }

    /// What had gone back is here again; answers what had gone back before.
    pub fn return_refund(&mut self, amount: i64) -> i64 {
        let before = self.refunded;
        self.refunded -= amount;
        before
    }

    /// A promised refund will not go back.
    pub fn release_refund(&mut self, amount: i64) {
        self.refunding -= amount;
    }
}

#[cfg(test)]
mod tests;
