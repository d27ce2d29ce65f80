//! What can go wrong with quotes.

use kernel::MoneyError;
use problem::Problem;

use crate::{
    availability::InputError,
    promotions::{PromotionError, PromotionRefusal},
};

#[derive(Debug, thiserror::Error)]
pub enum QuoteError {
    #[error("there is no such room")]
    NotFound,
    #[error("the room has no prices yet")]
    PricesMissing,
    #[error("the booking is longer than the room's maximum")]
    TooLong,
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Promotion(#[from] PromotionError),
    #[error("the price cannot be represented")]
    Amount(#[from] MoneyError),
    #[error("the quote cannot be signed")]
    Unsignable(#[from] serde_json::Error),
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<PromotionRefusal> for QuoteError {
    fn from(refusal: PromotionRefusal) -> Self {
        PromotionError::from(refusal).into()
    }
}

impl From<QuoteError> for Problem {
    fn from(error: QuoteError) -> Self {
        match error {
            QuoteError::NotFound => Self::not_found(),
            QuoteError::PricesMissing => {
                Self::conflict("prices_missing", "This room cannot be booked yet: it has no prices.")
            }
            QuoteError::TooLong => Self::invalid("too_long", "The booking is longer than the room's maximum."),
            QuoteError::Input(error) => error.into(),
            QuoteError::Promotion(error) => error.into(),
            QuoteError::Amount(error) => Self::invalid("amount_out_of_range", format!("{error}.")),
            QuoteError::Unsignable(_) => Self::internal(error),
            QuoteError::Store(error) => error.into(),
        }
    }
}
