//! What can go wrong with an authorisation.

use problem::Problem;
use providers::ProviderError;
use service_kit::IdempotencyError;

use super::model::Refusal;
use crate::payments::PaymentError;

#[derive(Debug, thiserror::Error)]
pub enum AuthorizationError {
    /// Not there, or not the caller's.
    #[error("there is no such payment")]
    NotFound,
    #[error("{0}")]
    Refused(#[from] Refusal),
    /// The provider has taken the call and not decided; it is to be asked again.
    #[error("the provider has not decided yet")]
    Undecided,
    #[error("the provider cannot be asked: {0}")]
    Provider(#[from] ProviderError),
    #[error("{0}")]
    Payment(#[from] PaymentError),
    #[error("{0}")]
    Idempotency(#[from] IdempotencyError),
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl From<AuthorizationError> for Problem {
    fn from(error: AuthorizationError) -> Self {
        match error {
            AuthorizationError::NotFound => Self::not_found(),
            AuthorizationError::Refused(refusal) => refused(refusal),
            AuthorizationError::Payment(error) => error.into(),
            AuthorizationError::Idempotency(error) => error.into(),
            AuthorizationError::Store(error) => error.into(),
            AuthorizationError::Undecided | AuthorizationError::Provider(_) => Self::internal(error),
        }
    }
}

fn refused(refusal: Refusal) -> Problem {
    let (code, detail) = match refusal {
        Refusal::NoAuthorization => {
            ("not_an_authorization", "This payment is taken when the customer pays.".to_owned())
        }
        Refusal::NotHeld => ("authorization_pending", "Nothing is held on the customer's card yet.".to_owned()),
        Refusal::Captured => ("authorization_captured", "It has been captured, or is about to be.".to_owned()),
        Refusal::Voided => ("authorization_void", "It has been voided. Nothing is held any more.".to_owned()),
        Refusal::Expired => ("authorization_expired", "It has lapsed. Nothing is held any more.".to_owned()),
        Refusal::Renewed(renewal) => {
            let which = renewal.map_or_else(|| "Another payment".to_owned(), |id| format!("The payment {id}"));
            ("authorization_renewed", format!("{which} holds the money now."))
        }
        Refusal::Exceeds(held) => ("capture_exceeds_authorization", format!("Only {held} is held.")),
        Refusal::PartOf(held) => {
            let detail = format!("{held} is held. A part of it is let go of by capturing the rest.");
            ("partial_void_not_offered", detail)
        }
    };
    Problem::conflict(code, detail)
}
