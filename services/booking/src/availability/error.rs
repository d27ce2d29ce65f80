//! What can go wrong when asking for times.

use kernel::MoneyError;
use problem::Problem;

use super::InputError;

#[derive(Debug, thiserror::Error)]
pub enum AvailabilityError {
    #[error("there is no such room")]
    NotFound,
    #[error("the room has no prices yet")]
    PricesMissing,
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("the price cannot be represented")]
    Amount(#[from] MoneyError),
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<AvailabilityError> for Problem {
    fn from(error: AvailabilityError) -> Self {
        match error {
            AvailabilityError::NotFound => Self::not_found(),
            AvailabilityError::PricesMissing => {
                Self::conflict("prices_missing", "This room cannot be booked yet: it has no prices.")
            }
            AvailabilityError::Input(error) => error.into(),
            AvailabilityError::Amount(error) => Self::invalid("amount_out_of_range", format!("{error}.")),
            AvailabilityError::Store(error) => error.into(),
        }
    }
}
