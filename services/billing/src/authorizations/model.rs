//! The rules of authorisations.

use jiff::{SignedDuration, Timestamp};
use kernel::{Money, PaymentId, UserId};
use providers::{Failure, Held};

use crate::{
    payments::{Payment, PaymentStatus},
    stored::text_enum,
};

/// How long banks hold money where the provider has not told until when.
const USUALLY_HELD: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long before it lapses a new authorisation is asked for: a bank that is down for a night is up again by then.
const RENEWED_BEFORE: SignedDuration = SignedDuration::from_hours(24);

/// How long after the booking its company may still capture.
const KEPT_AFTER_END: SignedDuration = SignedDuration::from_hours(72);

text_enum! {
    /// Why what is held is to be let go of.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum VoidCause {
        /// Somebody of the company decided so.
        Requested = "requested",
        /// The booking was cancelled, the company was closed, or another page was opened.
        Unwanted = "unwanted",
        /// The booking has been over for some days.
        Over = "over",
        /// Another one stands in for it.
        Renewed = "renewed",
    }
}

/// What the provider is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To take so much, in minor units.
    Capture(i64),
    Void(VoidCause),
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Authorization {
    /// What is held, in minor units of the payment's currency; nothing before the customer's bank has agreed.
    pub held: Option<i64>,
    pub held_at: Option<Timestamp>,
    /// As the provider has told.
    pub held_until: Option<Timestamp>,
    /// It is held no more, and was not captured.
    pub released_at: Option<Timestamp>,
    pub wish: Option<Wish>,
    /// Who wishes it, where somebody does.
    pub wished_by: Option<UserId>,
    /// What it stands in for.
    pub renews: Option<PaymentId>,
    /// What is to stand in for it.
    pub renewal: Option<PaymentId>,
    pub renewal_tried_at: Option<Timestamp>,
    /// Of a renewal: what became of it has been taken in where it matters.
    pub settled_at: Option<Timestamp>,
    /// Why the last capture, or the renewal, was refused.
    pub failure: Option<Failure>,
    pub step_at: Option<Timestamp>,
}

/// What is to be done about an authorisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The provider takes so much.
    Capture(i64),
    /// The provider lets go of it.
    Release,
    /// Nobody wants it any more.
    Void(VoidCause),
    /// A new one is asked for.
    Renew,
    /// It stands in for that one, or fails to.
    Settle(PaymentId),
    /// Nothing, until then.
    Wait(Option<Timestamp>),
}

/// Why an authorisation can be neither captured nor voided, or not so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the payment is no authorisation")]
    NoAuthorization,
    #[error("nothing is held yet")]
    NotHeld,
    #[error("it has been captured, or is about to be")]
    Captured,
    #[error("it has been voided, or is about to be")]
    Voided,
    #[error("it has lapsed")]
    Expired,
    #[error("another one stands in for it")]
    Renewed(Option<PaymentId>),
    #[error("only {0} is held")]
    Exceeds(Money),
    #[error("{0} is held, and let go of as a whole")]
    PartOf(Money),
}

impl Authorization {
    /// Stands in for another one.
    pub fn renewing(renews: PaymentId) -> Self {
        Self { renews: Some(renews), ..Self::default() }
    }

    /// Takes in what is held. Told before, it completes what is known.
    pub fn hold(&mut self, held: Held, at: Timestamp) {
        self.held.get_or_insert(held.amount.amount);
        self.held_at = Some(self.held_at.map_or(at, |known| known.min(at)));
        if self.held_until.is_none() {
            self.held_until = held.until;
        }
    }

    pub fn release(&mut self, at: Timestamp) {
        self.released_at = Some(self.released_at.map_or(at, |known| known.min(at)));
    }

    /// The money has come: whatever else was told or wished, it was not let go of.
    pub fn take(&mut self) {
        self.released_at = None;
        self.wish = self.wish.filter(|wish| matches!(wish, Wish::Capture(_)));
    }

    pub fn give_up(&mut self, cause: VoidCause) {
        if self.wish.is_none() {
            self.wish = Some(Wish::Void(cause));
        }
    }

    /// The bank lets go of it by itself then.
    pub fn lapses_at(&self) -> Option<Timestamp> {
        self.held_until.or(self.held_at.map(|since| since + USUALLY_HELD))
    }

    /// What is held, and neither taken nor let go of, as far as we know.
    pub fn is_standing(&self, status: PaymentStatus) -> bool {
        self.held.is_some() && self.released_at.is_none() && status != PaymentStatus::Succeeded
    }

    /// When a new one is asked for, while that has not been tried. One that nobody may capture any more by the time it lapses
    /// is not renewed, nor one of a booking whose end is not known.
    fn renew_at(&self, over_at: Option<Timestamp>) -> Option<Timestamp> {
        let lapses_at = self.lapses_at().filter(|_| self.renewal_tried_at.is_none())?;
        over_at.filter(|over_at| *over_at > lapses_at).map(|_| lapses_at - RENEWED_BEFORE)
    }

    /// How it ended, for whoever comes too late.
    fn ended(&self) -> Refusal {
        match (self.wish, self.held) {
            (Some(Wish::Void(VoidCause::Renewed)), _) => Refusal::Renewed(self.renewal),
            (Some(Wish::Void(_)), _) => Refusal::Voided,
            (_, Some(_)) => Refusal::Expired,
            (_, None) => Refusal::NotHeld,
        }
    }
}

/// Until when the money of a booking that ends then may be captured.
pub fn over_at(ends_at: Option<Timestamp>) -> Option<Timestamp> {
    ends_at.map(|ends_at| ends_at + KEPT_AFTER_END)
}

/// What is to be done next about a payment's authorisation, if it has one.
pub fn next_step(payment: &Payment, ends_at: Option<Timestamp>, now: Timestamp) -> Step {
    let Some(authorization) = &payment.authorization else { return Step::Wait(None) };
    let is_decided = payment.status >= PaymentStatus::Authorized;
    if let Some(renews) = authorization.renews.filter(|_| is_decided && authorization.settled_at.is_none()) {
        return Step::Settle(renews);
    }
    let is_standing = authorization.is_standing(payment.status);
    let is_given_up = matches!(payment.status, PaymentStatus::Cancelled | PaymentStatus::Failed);
    match authorization.wish {
        // Held all the same, where it was given up while the customer agreed.
        Some(Wish::Void(_)) if is_standing => return Step::Release,
        _ if is_standing && is_given_up => return Step::Release,
        Some(Wish::Capture(amount)) if payment.status == PaymentStatus::Authorized => return Step::Capture(amount),
        Some(_) => return Step::Wait(None),
        None if payment.status != PaymentStatus::Authorized => return Step::Wait(None),
        None => {}
    }
    let (over_at, renew_at) = (over_at(ends_at), authorization.renew_at(over_at(ends_at)));
    if over_at.is_some_and(|over_at| over_at <= now) {
        return Step::Void(VoidCause::Over);
    }
    if renew_at.is_some_and(|renew_at| renew_at <= now) {
        return Step::Renew;
    }
    Step::Wait(over_at.into_iter().chain(renew_at).min())
}

/// Wishes that so much is taken, all of it where no amount is given; answers how much.
pub fn request_capture(payment: &mut Payment, amount: Option<i64>, by: UserId, now: Timestamp) -> Result<i64, Refusal> {
    let held = standing(payment)?;
    let authorization = payment.authorization.as_mut().ok_or(Refusal::NoAuthorization)?;
    if authorization.lapses_at().is_some_and(|lapses_at| lapses_at <= now) {
        return Err(Refusal::Expired);
    }
    let amount = amount.unwrap_or(held.amount);
    if amount <= 0 || amount > held.amount {
        return Err(Refusal::Exceeds(held));
    }
    authorization.wish = Some(Wish::Capture(amount));
    (authorization.wished_by, authorization.failure) = (Some(by), None);
    Ok(amount)
}

/// Wishes that it is let go of. An amount, where one is given, has to be all of it.
pub fn request_void(payment: &mut Payment, amount: Option<i64>, by: UserId) -> Result<(), Refusal> {
    let held = standing(payment)?;
    if amount.is_some_and(|amount| amount != held.amount) {
        return Err(Refusal::PartOf(held));
    }
    let authorization = payment.authorization.as_mut().ok_or(Refusal::NoAuthorization)?;
    authorization.wish = Some(Wish::Void(VoidCause::Requested));
    authorization.wished_by = Some(by);
    Ok(())
}

/// What is held and not wished away.
fn standing(payment: &Payment) -> Result<Money, Refusal> {
    let authorization = payment.authorization.as_ref().ok_or(Refusal::NoAuthorization)?;
    match (payment.status, authorization.wish) {
        (PaymentStatus::Succeeded, _) | (PaymentStatus::Authorized, Some(Wish::Capture(_))) => Err(Refusal::Captured),
        (PaymentStatus::Pending | PaymentStatus::Processing, None) => Err(Refusal::NotHeld),
        (PaymentStatus::Authorized, None) => {
            authorization.held.map(|held| Money::new(held, payment.amount.currency)).ok_or(Refusal::NotHeld)
        }
        _ => Err(authorization.ended()),
    }
}

/// What has become of a renewal is taken in by the one it stands in for, or was to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The old one goes.
    Replaces,
    /// The old one is not wanted any more, or has been captured: the new one goes.
    NotNeeded,
    /// The old one has lapsed by now, and the new one stands alone.
    StandsAlone,
    /// The bank would not: the old one stands until it lapses.
    Failed(Failure),
}

/// Decides between the old authorisation and its renewal, both locked, and marks both.
pub fn settle_renewal(old: &mut Payment, renewal: &mut Payment, now: Timestamp) -> Settled {
    let settled = settled(old, renewal);
    if let Some(new) = &mut renewal.authorization {
        new.settled_at = Some(now);
        if settled == Settled::NotNeeded {
            new.give_up(VoidCause::Unwanted);
        }
    }
    if let Some(known) = &mut old.authorization {
        match &settled {
            Settled::Replaces => known.give_up(VoidCause::Renewed),
            Settled::Failed(failure) => known.failure = Some(failure.clone()),
            Settled::NotNeeded | Settled::StandsAlone => {}
        }
    }
    settled
}

fn settled(old: &Payment, renewal: &Payment) -> Settled {
    if matches!(renewal.status, PaymentStatus::Failed | PaymentStatus::Cancelled) {
        return Settled::Failed(renewal.failure.clone().unwrap_or_else(not_renewed));
    }
    let wish = old.authorization.as_ref().and_then(|authorization| authorization.wish);
    match (old.status, wish) {
        (PaymentStatus::Authorized, None) => Settled::Replaces,
        // Nobody has let go of it: its time was over.
        (PaymentStatus::Cancelled, None | Some(Wish::Capture(_))) => Settled::StandsAlone,
        _ => Settled::NotNeeded,
    }
}

fn not_renewed() -> Failure {
    Failure { code: "not_renewed".to_owned(), message: "It was given up before the bank had answered.".to_owned() }
}

#[cfg(test)]
mod tests;
