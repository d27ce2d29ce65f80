//! What can go wrong with terms of the commission. Nothing was set then.

use problem::Problem;
use service_kit::peers::PeerError;

#[derive(Debug, thiserror::Error)]
pub enum TermError {
    #[error("there is no such company")]
    UnknownCompany,
    #[error("there is no plan of this name: no rate was ever set for it")]
    UnknownPlan,
    #[error("it would begin in the past")]
    StartsInThePast,
    #[error("it would end before it begins, or has ended already")]
    EndsTooEarly,
    #[error(transparent)]
    Peer(#[from] PeerError),
    #[error("{0}")]
    Store(#[from] store::Error),
}

pub fn invalid(pointer: &str, detail: &str) -> Problem {
    Problem::invalid("validation_failed", "The request has invalid values.").at(pointer, detail)
}

impl From<TermError> for Problem {
    fn from(error: TermError) -> Self {
        match error {
            TermError::UnknownCompany => Self::not_found(),
            TermError::UnknownPlan => {
                let detail = "There is no plan of this name: set its rate first.";
                Self::invalid("unknown_plan", detail).at("/plan", "unknown")
            }
            TermError::StartsInThePast => invalid("/starts_at", "in the past"),
            TermError::EndsTooEarly => invalid("/ends_at", "expected an instant in the future, after the beginning"),
            TermError::Peer(error) => error.into(),
            TermError::Store(error) => error.into(),
        }
    }
}
