//! Why a session cannot be continued or ended.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// Unknown, expired, or of a session that is over.
    #[error("the refresh token is not valid")]
    InvalidToken,
    #[error("the refresh token was exchanged, and its successor used, a moment ago")]
    SupersededToken,
    #[error("the refresh token was presented again after its successor had been used")]
    ReusedToken,
    #[error("there is no such session")]
    NotFound,
    /// Since the request was let in.
    #[error("the session has ended")]
    Ended,
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<SessionError> for Problem {
    fn from(error: SessionError) -> Self {
        match error {
            SessionError::InvalidToken => {
                Self::unauthorized("invalid_refresh_token", "The refresh token is not valid. Please log in.")
            }
            SessionError::SupersededToken => Self::unauthorized(
                "refresh_token_superseded",
                "A newer refresh token of this session is in use. Please use that one.",
            ),
            SessionError::ReusedToken => Self::unauthorized(
                "refresh_token_reused",
                "This refresh token was used before, so the session has ended. Please log in.",
            ),
            SessionError::NotFound => Self::not_found(),
            SessionError::Ended => Self::unauthorized("session_ended", "This session has ended. Please log in."),
            SessionError::Store(error) => error.into(),
        }
    }
}
