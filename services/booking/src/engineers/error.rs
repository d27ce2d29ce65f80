//! What can go wrong with engineers.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum EngineerError {
    #[error("there is no such engineer, or it is somebody else's")]
    NotFound,
    #[error("the engineer is booked or away at this time")]
    Busy,
    #[error("the database failed")]
    Store(#[source] store::Error),
}

/// What the exclusion constraint is called.
pub const NO_OVERLAP: &str = "engineer_occupancies_no_overlap";

impl From<store::Error> for EngineerError {
    fn from(error: store::Error) -> Self {
        if error.violated_constraint() == Some(NO_OVERLAP) { Self::Busy } else { Self::Store(error) }
    }
}

impl From<EngineerError> for Problem {
    fn from(error: EngineerError) -> Self {
        match error {
            EngineerError::NotFound => Self::not_found(),
            EngineerError::Busy => {
                Self::conflict("engineer_busy", "The engineer is booked, or away already, at this time.")
            }
            EngineerError::Store(error) => error.into(),
        }
    }
}
