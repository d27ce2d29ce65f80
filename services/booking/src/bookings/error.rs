//! What can go wrong with bookings. A [`Refusal`] is a rule's answer; everything was rolled back.

use kernel::MoneyError;
use problem::Problem;
use service_kit::IdempotencyError;

use super::model::Status;
use crate::{
    availability::{InputError, model::Reason},
    quotes::TokenError,
};

#[derive(Debug, thiserror::Error)]
pub enum BookingError {
    #[error("there is no such booking, or it is somebody else's")]
    NotFound,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("the price cannot be represented")]
    Amount(#[from] MoneyError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error("the database failed")]
    Store(#[source] store::Error),
}

/// The database itself keeps bookings out of blackouts and of rooms that are gone; whoever comes between the question
/// and the lock hears of it so.
impl From<store::Error> for BookingError {
    fn from(error: store::Error) -> Self {
        match error.violated_constraint() {
            Some("occupancies_no_blackout") => Refusal::Unavailable(Reason::Closed).into(),
            Some("occupancies_room_is_there") => Self::NotFound,
            _ => Self::Store(error),
        }
    }
}

/// Which rule forbids it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the room is taken at this time")]
    SlotTaken,
    #[error("the time cannot be booked: {}", .0.code())]
    Unavailable(Reason),
    #[error("too many unpaid holds at this company")]
    TooManyHolds,
    #[error("the room has no prices yet")]
    PricesMissing,
    #[error(transparent)]
    Quote(#[from] TokenError),
    #[error("the hold has expired")]
    HoldExpired,
    #[error("the request has expired")]
    RequestExpired,
    #[error("the booking is not paid")]
    PaymentRequired,
    #[error("a booking that is {} does not allow this", .0.as_str())]
    WrongStatus(Status),
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::SlotTaken | Refusal::Unavailable(Reason::Occupied) => {
                Self::conflict("slot_taken", "The room is taken at this time.")
            }
            Refusal::Unavailable(reason) => Self::invalid(reason.code(), reason.detail())
                .at(if reason == Reason::OutOfStock { "/add_ons" } else { "/starts_at" }, reason.detail()),
            Refusal::TooManyHolds => {
                Self::conflict("too_many_holds", "You have too many unpaid holds at this company. Pay or cancel some.")
            }
            Refusal::PricesMissing => {
                Self::conflict("prices_missing", "This room cannot be booked yet: it has no prices.")
            }
            Refusal::Quote(TokenError::Expired) => {
                Self::invalid("quote_expired", "The quote has expired.").at("/quote_token", "expired")
            }
            Refusal::Quote(TokenError::Mismatch) => {
                Self::invalid("quote_mismatch", "The quote is not for this booking.").at("/quote_token", "mismatch")
            }
            Refusal::HoldExpired => Self::gone("hold_expired", "The hold has expired; the time is free again."),
            Refusal::RequestExpired => Self::gone("request_expired", "The request has expired."),
            Refusal::PaymentRequired => Self::conflict("payment_required", "The booking has to be paid first."),
            Refusal::WrongStatus(status) => {
                Self::conflict("wrong_status", format!("A booking that is {} does not allow this.", status.as_str()))
            }
        }
    }
}

impl From<BookingError> for Problem {
    fn from(error: BookingError) -> Self {
        match error {
            BookingError::NotFound => Self::not_found(),
            BookingError::Refused(refusal) => refusal.into(),
            BookingError::Input(error) => error.into(),
            BookingError::Amount(error) => Self::invalid("amount_out_of_range", format!("{error}.")),
            BookingError::Idempotency(error) => error.into(),
            BookingError::Store(error) => error.into(),
        }
    }
}
