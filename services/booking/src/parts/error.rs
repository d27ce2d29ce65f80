//! What can go wrong with what rooms stand for.

use problem::Problem;

use super::model::BadParts;
use crate::bookings::{BookingError, Refusal};

#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    #[error("there is no such room")]
    NotFound,
    #[error(transparent)]
    Bad(#[from] BadParts),
    /// Nothing was changed.
    #[error("a booking of the room overlaps one of a part")]
    PartsBooked,
    #[error(transparent)]
    Booking(BookingError),
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<BookingError> for PartsError {
    fn from(error: BookingError) -> Self {
        match error {
            BookingError::Refused(Refusal::SlotTaken) => Self::PartsBooked,
            BookingError::Store(error) if error.violated_constraint() == Some("occupancies_no_overlap") => {
                Self::PartsBooked
            }
            error => Self::Booking(error),
        }
    }
}

impl From<BadParts> for Problem {
    fn from(error: BadParts) -> Self {
        let detail = format!("{error}.");
        let pointer = match error {
            BadParts::Itself(index) | BadParts::Unknown(index) | BadParts::Nested(index) => {
                format!("/room_ids/{index}")
            }
            BadParts::IsPart => "/room_ids".to_owned(),
        };
        Self::invalid("invalid_parts", detail.clone()).at(pointer, detail)
    }
}

impl From<PartsError> for Problem {
    fn from(error: PartsError) -> Self {
        match error {
            PartsError::NotFound => Self::not_found(),
            PartsError::Bad(error) => error.into(),
            PartsError::PartsBooked => {
                Self::conflict("parts_booked", "A booking of this room overlaps one of a room it is to stand for.")
            }
            PartsError::Booking(error) => error.into(),
            PartsError::Store(error) => error.into(),
        }
    }
}
