//! The facts of a booking that stand in a mail.

use contracts::booking::v1::BookingState;
use events::HandlerError;
use jiff::Timestamp;
use kernel::{BookingId, CompanyId, Currency, IdError, Money, UserId};
use serde::{Deserialize, Serialize};

use crate::mails::Recipient;

/// A booking, as its event told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingFacts {
    pub studio_name: String,
    pub room_name: String,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub time_zone: String,
    pub total: Money,
    pub amount_paid: Money,
    /// Whom staff have booked for, where that is somebody without an account who left an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guest: Option<GuestContact>,
}

/// Where somebody without an account is written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestContact {
    pub name: String,
    pub email: String,
}

/// A state of a booking, and whom it concerns.
#[derive(Debug, Clone)]
pub struct Occurred {
    pub booking_id: BookingId,
    pub version: i64,
    pub company_id: CompanyId,
    /// `None` for somebody without an account (a walk-in).
    pub customer_user_id: Option<UserId>,
    pub facts: BookingFacts,
}

/// Why an event about a booking cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableBooking {
    #[error("the event has no booking")]
    Missing,
    #[error("{0} in the event is not valid")]
    Field(&'static str),
    #[error(transparent)]
    Id(#[from] IdError),
}

impl From<UnreadableBooking> for HandlerError {
    fn from(error: UnreadableBooking) -> Self {
        Self::rejected(error)
    }
}

impl TryFrom<Option<BookingState>> for Occurred {
    type Error = UnreadableBooking;

    fn try_from(state: Option<BookingState>) -> Result<Self, UnreadableBooking> {
        let state = state.ok_or(UnreadableBooking::Missing)?;
        let currency: Currency = state.currency.parse().map_err(|_| UnreadableBooking::Field("currency"))?;
        let instant = |micros, name| Timestamp::from_microsecond(micros).map_err(|_| UnreadableBooking::Field(name));
        Ok(Self {
            booking_id: state.booking_id.parse()?,
            version: state.version,
            company_id: state.company_id.parse()?,
            customer_user_id: account(&state.customer_user_id)?,
            facts: BookingFacts {
                studio_name: state.studio_name,
                room_name: state.room_name,
                starts_at: instant(state.starts_at_micros, "starts_at")?,
                ends_at: instant(state.ends_at_micros, "ends_at")?,
                time_zone: state.time_zone,
                total: Money::new(state.total, currency),
                amount_paid: Money::new(state.amount_paid, currency),
                guest: Some(GuestContact { name: state.guest_name, email: state.guest_email })
                    .filter(|guest| !guest.email.is_empty()),
            },
        })
    }
}

impl Occurred {
    /// Who is told as the customer; nobody where staff have booked for somebody who left no address.
    pub fn customer(&self) -> Option<Recipient> {
        self.customer_user_id.map(Recipient::User).or_else(|| self.guest())
    }

    /// Somebody without an account who left an address.
    pub fn guest(&self) -> Option<Recipient> {
        let has_address = self.customer_user_id.is_none() && self.facts.guest.is_some();
        has_address.then_some(Recipient::Guest(self.booking_id))
    }
}

/// The account of a customer who has one.
pub fn account(user_id: &str) -> Result<Option<UserId>, IdError> {
    if user_id.is_empty() { Ok(None) } else { user_id.parse().map(Some) }
}
