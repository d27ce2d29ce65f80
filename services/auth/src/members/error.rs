//! What can go wrong with a team.

use problem::Problem;
use service_kit::identity::permissions::insufficient_role;

#[derive(Debug, thiserror::Error)]
pub enum MemberError {
    #[error("there is no such company or member")]
    NotFound,
    #[error("the caller's role does not allow this")]
    InsufficientRole,
    #[error("a company has an owner")]
    LastOwner,
    #[error("the team is as large as a team can be")]
    TeamFull,
    #[error("this person works for too many companies already")]
    TooManyCompanies,
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<MemberError> for Problem {
    fn from(error: MemberError) -> Self {
        match error {
            MemberError::NotFound => Self::not_found(),
            MemberError::InsufficientRole => insufficient_role(),
            MemberError::LastOwner => {
                Self::conflict("last_owner", "A company has an owner. Make somebody else an owner first.")
            }
            MemberError::TeamFull => Self::conflict("team_full", "The team is as large as a team can be."),
            MemberError::TooManyCompanies => {
                Self::conflict("too_many_companies", "This person works for as many companies as one person can.")
            }
            MemberError::Store(error) => error.into(),
        }
    }
}
