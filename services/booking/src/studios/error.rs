//! What can go wrong with studios.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum StudioError {
    #[error("another studio has this slug")]
    SlugTaken,
    #[error("there is no such studio")]
    NotFound,
    #[error("the studio's city does not exist")]
    UnknownCity,
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl StudioError {
    /// Names the constraint that an insert violated.
    pub fn of_insert(error: store::Error) -> Self {
        match error.violated_constraint() {
            Some("studios_slug_key") => Self::SlugTaken,
            _ => Self::Store(error),
        }
    }
}

impl From<StudioError> for Problem {
    fn from(error: StudioError) -> Self {
        match error {
            StudioError::SlugTaken => Self::conflict("slug_taken", "Another studio has this slug."),
            StudioError::NotFound => Self::not_found(),
            StudioError::UnknownCity => {
                Self::invalid("unknown_city", "There is no such city.").at("/city_id", "no such city")
            }
            StudioError::Store(error) => error.into(),
        }
    }
}
