//! What a payable is and what it asks for.

use jiff::Timestamp;
use kernel::{BookingId, CompanyId, Currency, Money, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{authorizations::model::over_at, stored::text_enum};

/// Names a payable: `{"type": "booking", "id": "bkg_…"}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", content = "id", rename_all = "snake_case", deny_unknown_fields)]
pub enum PayableRef {
    Booking(BookingId),
}

impl PayableRef {
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Booking(_) => "booking",
        }
    }

    pub const fn uuid(self) -> Uuid {
        match self {
            Self::Booking(id) => id.uuid(),
        }
    }

    /// As it stands in the database.
    pub fn from_parts(kind: &str, id: Uuid) -> Result<Self, String> {
        match kind {
            "booking" => Ok(Self::Booking(BookingId::from_uuid(id))),
            _ => Err(format!("unknown kind of payable: {kind}")),
        }
    }

    /// The id as others write it.
    pub fn id_text(self) -> String {
        match self {
            Self::Booking(id) => id.to_string(),
        }
    }
}

text_enum! {
    /// What a payable's owner says about paying it.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum PayableState {
        /// Not yet: somebody has to approve it first.
        Awaiting = "awaiting",
        Open = "open",
        Expired = "expired",
        /// Not any more.
        Closed = "closed",
    }
}

/// One payable in the newest version that billing has seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payable {
    pub reference: PayableRef,
    pub version: i64,
    pub state: PayableState,
    pub company_id: CompanyId,
    pub company_country: String,
    /// `None` for a guest of the company, who has no account and pays by a link.
    pub customer_user_id: Option<UserId>,
    /// One line that the customer reads at the provider and on the receipt.
    pub description: String,
    pub currency: Currency,
    pub subtotal: i64,
    pub total: i64,
    /// 0 where the whole price is due at once.
    pub deposit_due: i64,
    /// What the owner has counted so far, wherever it was paid.
    pub amount_paid: i64,
    /// What of it moves to cheaper times have given back, whether or not it has gone out yet.
    pub credited: i64,
    /// From this instant on it cannot be paid any more.
    pub expires_at: Option<Timestamp>,
    /// When it begins and when it is over, where that is known.
    pub starts_at: Option<Timestamp>,
    pub ends_at: Option<Timestamp>,
}

/// What has been paid for a payable by way of billing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PaidHere {
    pub received: i64,
    /// A debit that the customer has agreed to and the bank decides later: not asked for again meanwhile.
    pub on_its_way: i64,
}

/// Why there is nothing to charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotPayable {
    Expired,
    NothingDue,
    /// It has been over for so long that nothing is held for it any more.
    LongOver,
}

impl Payable {
    /// What the next session charges: the deposit first where there is one, then what is left.
    ///
    /// Of what billing itself has received the owner may know more (paid at the desk) and less (its event is under way), so the
    /// larger of the two counts.
    pub fn charge(&self, here: PaidHere, now: Timestamp) -> Result<Money, NotPayable> {
        self.check_open(now)?;
        let paid = self.amount_paid.max(here.received).saturating_add(here.on_its_way);
        let due = self.total.saturating_sub(paid.saturating_sub(self.credited));
        let charged = if paid == 0 && self.deposit_due > 0 { self.deposit_due.min(due) } else { due };
        if charged > 0 { Ok(Money::new(charged, self.currency)) } else { Err(NotPayable::NothingDue) }
    }

    /// So much of the customer's money may be held for it, in minor units, whatever is due.
    pub fn hold(&self, amount: i64, now: Timestamp) -> Result<Money, NotPayable> {
        self.check_open(now)?;
        if over_at(self.ends_at).is_some_and(|over_at| over_at <= now) {
            return Err(NotPayable::LongOver);
        }
        Ok(Money::new(amount, self.currency))
    }

    fn check_open(&self, now: Timestamp) -> Result<(), NotPayable> {
        match self.state {
            PayableState::Expired => Err(NotPayable::Expired),
            PayableState::Awaiting | PayableState::Closed => Err(NotPayable::NothingDue),
            PayableState::Open if self.expires_at.is_some_and(|expires_at| expires_at <= now) => {
                Err(NotPayable::Expired)
            }
            PayableState::Open => Ok(()),
        }
    }

    /// True while somebody may still pay it.
    pub fn is_open(&self) -> bool {
        self.state == PayableState::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn held() -> Payable {
        Payable {
            reference: PayableRef::Booking(BookingId::new()),
            version: 1,
            state: PayableState::Open,
            company_id: CompanyId::new(),
            company_country: "DE".to_owned(),
            customer_user_id: Some(UserId::new()),
            credited: 0,
            description: "Room 1".to_owned(),
            currency: Currency::EUR,
            subtotal: 10_000,
            total: 11_900,
            deposit_due: 0,
            amount_paid: 0,
            expires_at: Some(at("2027-03-01T10:00:00Z")),
            starts_at: Some(at("2027-03-04T10:00:00Z")),
            ends_at: Some(at("2027-03-04T12:00:00Z")),
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Payable), received: i64, charged: Result<i64, NotPayable>) {
        let mut payable = held();
        change(&mut payable);
        let here = PaidHere { received, on_its_way: 0 };
        let answer = payable.charge(here, at("2027-03-01T09:00:00Z"));
        assert_eq!(answer.map(|money| money.amount), charged);
    }

    #[test]
    fn the_deposit_is_charged_first_and_then_the_balance() {
        check(|_| {}, 0, Ok(11_900));
        check(|payable| payable.deposit_due = 3_000, 0, Ok(3_000));
        check(|payable| payable.deposit_due = 3_000, 3_000, Ok(8_900));
        check(|payable| (payable.deposit_due, payable.amount_paid) = (3_000, 3_000), 0, Ok(8_900));
        check(|payable| payable.deposit_due = 99_000, 0, Ok(11_900));
    }

    #[test]
    fn what_is_paid_is_not_asked_for_again() {
        check(|payable| payable.amount_paid = 11_900, 0, Err(NotPayable::NothingDue));
        check(|_| {}, 11_900, Err(NotPayable::NothingDue));
        check(|payable| payable.amount_paid = 20_000, 0, Err(NotPayable::NothingDue));
        check(|payable| payable.amount_paid = 5_000, 4_000, Ok(6_900));
    }

    #[test]
    fn what_is_on_its_way_is_not_asked_for_beside_what_was_paid_at_the_desk() {
        let mut payable = held();
        (payable.deposit_due, payable.amount_paid) = (3_000, 3_000);
        let due = |received, on_its_way| payable.charge(PaidHere { received, on_its_way }, at("2027-03-01T09:00:00Z"));
        assert_eq!(due(0, 8_900), Err(NotPayable::NothingDue));
        assert_eq!(due(3_000, 8_900), Err(NotPayable::NothingDue));
        assert_eq!(due(3_000, 8_000).map(|money| money.amount), Ok(900));
    }

    #[test]
    fn a_hold_is_over_at_the_very_instant_it_expires() {
        let now = at("2027-03-01T09:00:00Z");
        check(|payable| payable.expires_at = Some(now), 0, Err(NotPayable::Expired));
        check(|payable| payable.expires_at = Some(now + jiff::SignedDuration::from_micros(1)), 0, Ok(11_900));
        check(|payable| payable.expires_at = None, 0, Ok(11_900));
    }

    #[test]
    fn money_is_held_whatever_is_due_and_not_for_what_is_long_over() {
        let mut payable = held();
        (payable.amount_paid, payable.expires_at) = (payable.total, None);
        let hold = |payable: &Payable, now| payable.hold(20_000, at(now)).map(|money| money.amount);
        assert_eq!(hold(&payable, "2027-03-07T11:59:59Z"), Ok(20_000));
        assert_eq!(hold(&payable, "2027-03-07T12:00:00Z"), Err(NotPayable::LongOver));
        payable.state = PayableState::Closed;
        assert_eq!(hold(&payable, "2027-03-01T09:00:00Z"), Err(NotPayable::NothingDue));
        assert_eq!(hold(&held(), "2027-03-01T10:00:00Z"), Err(NotPayable::Expired));
    }

    #[test]
    fn only_an_open_payable_can_be_paid() {
        for (state, refusal) in [
            (PayableState::Expired, NotPayable::Expired),
            (PayableState::Awaiting, NotPayable::NothingDue),
            (PayableState::Closed, NotPayable::NothingDue),
        ] {
            check(|payable| payable.state = state, 0, Err(refusal));
        }
    }
}
