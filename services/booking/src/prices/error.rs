//! What can go wrong with prices.

use kernel::{Currency, MoneyError};
use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum PriceError {
    #[error("there is no such room, or it has no prices yet")]
    NotFound,
    #[error("prices are in the company's currency, {0}")]
    WrongCurrency(Currency),
    #[error("the company has no such engineer, or not any more")]
    UnknownEngineer { add_on: usize },
    #[error("the price cannot be represented")]
    Amount(#[from] MoneyError),
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<PriceError> for Problem {
    fn from(error: PriceError) -> Self {
        match error {
            PriceError::NotFound => Self::not_found(),
            PriceError::WrongCurrency(currency) => {
                let detail = format!("Prices are in the company's currency, {currency}.");
                Self::invalid("wrong_currency", &detail).at("/currency", detail)
            }
            PriceError::UnknownEngineer { add_on } => {
                let detail = "The company has no such engineer, or not any more.";
                Self::invalid("unknown_engineer", detail).at(format!("/add_ons/{add_on}/engineers"), detail)
            }
            PriceError::Amount(error) => Self::invalid("amount_out_of_range", format!("{error}.")),
            PriceError::Store(error) => error.into(),
        }
    }
}
