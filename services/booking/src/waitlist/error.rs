//! What can go wrong with the waitlist.

use problem::Problem;

use super::model::State;
use crate::{availability::InputError, bookings::BookingError};

#[derive(Debug, thiserror::Error)]
pub enum WaitlistError {
    #[error("there is no such place in a queue, or it is somebody else's; or no such room or studio")]
    NotFound,
    #[error("a slot is free already")]
    AlreadyFree { starts_at: jiff::Timestamp, ends_at: jiff::Timestamp },
    #[error("the room is only to be had on request")]
    OnRequest,
    #[error("the window is over, or too short, or too long")]
    BadWindow,
    #[error("too many places in queues")]
    TooMany,
    #[error("nothing is offered now")]
    NothingOffered(State),
    #[error("the offer has ended")]
    OfferEnded,
    #[error(transparent)]
    Booking(BookingError),
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<BookingError> for WaitlistError {
    fn from(error: BookingError) -> Self {
        match error {
            BookingError::Store(error) => error.into(),
            error => Self::Booking(error),
        }
    }
}

impl From<InputError> for WaitlistError {
    fn from(error: InputError) -> Self {
        Self::Booking(error.into())
    }
}

impl From<WaitlistError> for Problem {
    fn from(error: WaitlistError) -> Self {
        match error {
            WaitlistError::NotFound => Self::not_found(),
            WaitlistError::AlreadyFree { starts_at, ends_at } => {
                let detail = format!("There is nothing to wait for: {starts_at} to {ends_at} is free. Book it.");
                Self::conflict("already_free", detail)
            }
            WaitlistError::OnRequest => {
                Self::conflict("room_on_request", "This room is only to be had on request: ask for the time you want.")
            }
            WaitlistError::BadWindow => {
                let detail = "The window has to lie ahead, hold the booking, and be at most 31 days long.";
                Self::invalid("invalid_window", detail).at("/window_ends_at", detail)
            }
            WaitlistError::TooMany => {
                Self::conflict("too_many_waitlist_entries", "You wait for too much already. Leave some queues.")
            }
            WaitlistError::NothingOffered(_) => Self::conflict("nothing_offered", "Nothing is offered to you now."),
            WaitlistError::OfferEnded => Self::gone("offer_ended", "The offer has ended; it is the next one's turn."),
            WaitlistError::Booking(error) => error.into(),
            WaitlistError::Store(error) => error.into(),
        }
    }
}
