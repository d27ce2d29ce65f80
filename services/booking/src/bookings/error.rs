//! What can go wrong with bookings. A [`Refusal`] is a rule's answer; everything was rolled back.

use kernel::MoneyError;
use problem::Problem;
use service_kit::{IdempotencyError, peers::PeerError};

use super::model::Status;
use crate::{
    availability::{InputError, model::Reason},
    promotions::{PromotionError, PromotionRefusal},
    quotes::{QuoteError, TokenError},
};

#[derive(Debug, thiserror::Error)]
pub enum BookingError {
    #[error("there is no such booking, or it is somebody else's")]
    NotFound,
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Quote(#[from] QuoteError),
    #[error("the price cannot be represented")]
    Amount(#[from] MoneyError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error(transparent)]
    Peer(#[from] PeerError),
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
    #[error("others have what there is of an add-on")]
    OutOfStock,
    #[error("nobody is free to do an add-on")]
    EngineerTaken,
    #[error(transparent)]
    Promotion(#[from] PromotionRefusal),
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
    #[error("the booking has begun")]
    HasBegun,
    #[error("the time for it has not come yet")]
    TooEarly,
    #[error("the time for it is over")]
    TooLate,
    #[error("the customer was checked in")]
    CheckedIn,
    #[error("the rooms are priced in another currency")]
    OtherCurrency,
    #[error("more than what is due")]
    AmountExceedsDue,
    #[error("more than what the desk has to hand back")]
    RefundExceedsDue,
    #[error("the booking has a customer with an account")]
    HasAccount,
    #[error("the link was used")]
    LinkUsed,
    #[error("the booking of the link is not held any more")]
    LinkVoid,
    #[error("nobody with this id has booked at the company before")]
    UnknownCustomer,
}

impl Refusal {
    /// The problem's code.
    pub fn code(self) -> &'static str {
        Problem::from(self).code()
    }
}

impl From<PromotionError> for BookingError {
    fn from(error: PromotionError) -> Self {
        match error {
            PromotionError::Refused(refusal) => Refusal::from(refusal).into(),
            PromotionError::Store(error) => error.into(),
            error => QuoteError::from(error).into(),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::SlotTaken | Refusal::Unavailable(Reason::Occupied) => {
                Self::conflict("slot_taken", "The room is taken at this time.")
            }
            Refusal::OutOfStock => {
                Self::conflict("out_of_stock", "Others have what there is of an add-on at this time.")
            }
            Refusal::EngineerTaken | Refusal::Unavailable(Reason::EngineerTaken) => {
                Self::conflict("engineer_taken", "Nobody is free to do an add-on at this time.")
            }
            Refusal::Unavailable(reason) => Self::invalid(reason.code(), reason.detail())
                .at(if reason == Reason::OutOfStock { "/add_ons" } else { "/starts_at" }, reason.detail()),
            Refusal::Promotion(refusal) => refusal.into(),
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
            Refusal::HasBegun => Self::conflict("has_begun", "The booking has begun; it cannot be moved any more."),
            Refusal::TooEarly => Self::conflict("too_early", "The time for this has not come yet."),
            Refusal::TooLate => Self::conflict("too_late", "The time for this is over."),
            Refusal::CheckedIn => Self::conflict("checked_in", "The customer was checked in."),
            Refusal::OtherCurrency => {
                Self::conflict("other_currency", "The rooms are priced in another currency than the booking.")
            }
            Refusal::AmountExceedsDue => Self::conflict("amount_exceeds_due", "This is more than what is due."),
            Refusal::RefundExceedsDue => {
                Self::conflict("refund_exceeds_due", "This is more than what the desk has to hand back.")
            }
            Refusal::HasAccount => Self::conflict("has_account", "The booking has a customer with an account already."),
            Refusal::LinkUsed => Self::gone("link_used", "This link was used."),
            Refusal::LinkVoid => Self::gone("link_void", "The booking of this link is not held any more."),
            Refusal::UnknownCustomer => {
                Self::invalid("unknown_customer", "Nobody with this id has booked here before. Give a name instead.")
                    .at("/customer/id", "unknown")
            }
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
            BookingError::Quote(error) => error.into(),
            BookingError::Amount(error) => Self::invalid("amount_out_of_range", format!("{error}.")),
            BookingError::Idempotency(error) => error.into(),
            BookingError::Peer(error) => error.into(),
            // Whatever takes the slot without the room's lock, such as a calendar that is imported: it was first.
            BookingError::Store(error) if error.violated_constraint() == Some("occupancies_no_overlap") => {
                Refusal::SlotTaken.into()
            }
            BookingError::Store(error) => error.into(),
        }
    }
}
