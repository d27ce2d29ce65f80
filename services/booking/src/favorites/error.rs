//! What can go wrong with favourites.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum FavoriteError {
    #[error("there is no such studio")]
    NotFound,
    #[error("nobody has so many favourites")]
    TooMany,
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<FavoriteError> for Problem {
    fn from(error: FavoriteError) -> Self {
        match error {
            FavoriteError::NotFound => Self::not_found(),
            FavoriteError::TooMany => {
                Self::conflict("too_many_favorites", "You have as many favourites as one may have. Remove some.")
            }
            FavoriteError::Store(error) => error.into(),
        }
    }
}
