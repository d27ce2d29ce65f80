//! What can go wrong with rooms.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum RoomError {
    #[error("there is no such room")]
    NotFound,
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<RoomError> for Problem {
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::NotFound => Self::not_found(),
            RoomError::Store(error) => error.into(),
        }
    }
}
