//! What can go wrong with blackouts.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum BlackoutError {
    #[error("there is no such studio or blackout")]
    NotFound,
    #[error("the room is not one of the studio's")]
    UnknownRoom,
    #[error("the clocks jump over all of it")]
    Nothing,
    #[error("it is over already")]
    Past,
    #[error("the studio has as many blackouts as one may have")]
    TooMany,
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<BlackoutError> for Problem {
    fn from(error: BlackoutError) -> Self {
        match error {
            BlackoutError::NotFound => Self::not_found(),
            BlackoutError::UnknownRoom => {
                Self::invalid("unknown_room", "The studio has no such room.").at("/room_id", "no such room")
            }
            BlackoutError::Nothing => {
                let detail = "The clocks jump over this time: it does not exist.";
                Self::invalid("nonexistent_local_time", detail).at("/first_day", "does not exist")
            }
            BlackoutError::Past => {
                Self::invalid("past", "The blackout is over already.").at("/last_day", "in the past")
            }
            BlackoutError::TooMany => Self::conflict(
                "too_many_blackouts",
                "The studio has as many blackouts as one may have. Delete old ones.",
            ),
            BlackoutError::Store(error) => error.into(),
        }
    }
}
