//! What can be wrong with a conversion.

use problem::Problem;

use crate::transfers::{DraftError, PostError};

#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    #[error("{0} is not an account of the platform's own money")]
    OtherAccount(&'static str),
    #[error("{0} is not above zero")]
    NoAmount(&'static str),
    #[error("both sides are of one currency")]
    SameCurrency,
    #[error("it has not happened yet")]
    Future,
    #[error("the posting gave no receipt")]
    Unanswered,
    #[error(transparent)]
    Draft(#[from] DraftError),
    #[error(transparent)]
    Post(#[from] PostError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<diesel::result::Error> for ExchangeError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<ExchangeError> for Problem {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::OtherAccount(pointer) => {
                Self::invalid("unknown_account", "Money is converted at the bank or at a provider.")
                    .at(pointer, "neither the bank nor a provider")
            }
            ExchangeError::NoAmount(pointer) => {
                Self::invalid("invalid_amount", "The amount is above zero.").at(pointer, "not above zero")
            }
            ExchangeError::SameCurrency => Self::invalid("same_currency", "A conversion is between two currencies.")
                .at("/to/amount/currency", "the same as that of what is given"),
            ExchangeError::Future => {
                Self::invalid("effective_in_future", "It has not happened yet.").at("/exchanged_at", "in the future")
            }
            ExchangeError::Draft(error) => Self::from(PostError::from(error)),
            ExchangeError::Post(error) => Self::from(error),
            ExchangeError::Store(error) => Self::from(error),
            ExchangeError::Unanswered => Self::internal(error),
        }
    }
}
