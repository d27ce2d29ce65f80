//! What can go wrong with rooms.

use problem::Problem;

use crate::bookings::BookingError;

#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    #[error("there is no such room")]
    NotFound,
    #[error("the bookings that lie ahead could not be cancelled")]
    Booking(#[from] BookingError),
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<RoomError> for Problem {
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::NotFound => Self::not_found(),
            RoomError::Booking(error) => error.into(),
            RoomError::Store(error) => error.into(),
        }
    }
}
