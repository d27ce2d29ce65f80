//! What can go wrong with badges.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum BadgeError {
    #[error("there is no such studio, or it does not have the badge")]
    NotFound,
    #[error("the studio has as many badges as one may have")]
    TooMany,
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<BadgeError> for Problem {
    fn from(error: BadgeError) -> Self {
        match error {
            BadgeError::NotFound => Self::not_found(),
            BadgeError::TooMany => Self::conflict("too_many_badges", "The studio has as many badges as one may have."),
            BadgeError::Store(error) => error.into(),
        }
    }
}
