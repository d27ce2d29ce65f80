//! What can go wrong with studios.

use problem::Problem;

use crate::bookings::BookingError;

#[derive(Debug, thiserror::Error)]
pub enum StudioError {
    #[error("another studio has, or had, this slug")]
    SlugTaken,
    #[error("the bookings that lie ahead could not be cancelled")]
    Booking(#[from] BookingError),
    #[error("there is no such studio")]
    NotFound,
    #[error("the studio's city does not exist")]
    UnknownCity,
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<StudioError> for Problem {
    fn from(error: StudioError) -> Self {
        match error {
            StudioError::SlugTaken => Self::conflict("slug_taken", "Another studio has, or had, this slug."),
            StudioError::Booking(error) => error.into(),
            StudioError::NotFound => Self::not_found(),
            StudioError::UnknownCity => {
                Self::invalid("unknown_city", "There is no such city.").at("/city_id", "no such city")
            }
            StudioError::Store(error) => error.into(),
        }
    }
}
