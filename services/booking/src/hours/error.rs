//! What can go wrong with hours.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum HoursError {
    #[error("there is no such studio")]
    NotFound,
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<HoursError> for Problem {
    fn from(error: HoursError) -> Self {
        match error {
            HoursError::NotFound => Self::not_found(),
            HoursError::Store(error) => error.into(),
        }
    }
}
