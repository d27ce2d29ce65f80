//! What can go wrong with series.

use kernel::MoneyError;
use problem::Problem;
use service_kit::IdempotencyError;

use super::rule::RuleError;
use crate::{
    availability::{AvailabilityError, InputError},
    bookings::{BookingError, Refusal},
    quotes::QuoteError,
};

#[derive(Debug, thiserror::Error)]
pub enum SeriesError {
    #[error("there is no such series, or it is somebody else's")]
    NotFound,
    #[error("the series has no such date")]
    NoSuchDate,
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Nothing was booked, moved or cancelled.
    #[error("date {number} cannot be had: {refusal}")]
    Conflict { number: i32, refusal: Refusal },
    #[error("none of the dates can be had")]
    NothingFree,
    #[error(transparent)]
    Booking(BookingError),
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<BookingError> for SeriesError {
    fn from(error: BookingError) -> Self {
        match error {
            BookingError::NotFound => Self::NotFound,
            BookingError::Store(error) => error.into(),
            error => Self::Booking(error),
        }
    }
}

impl From<InputError> for SeriesError {
    fn from(error: InputError) -> Self {
        Self::Booking(error.into())
    }
}

impl From<QuoteError> for SeriesError {
    fn from(error: QuoteError) -> Self {
        match error {
            QuoteError::Store(error) => error.into(),
            error => Self::Booking(error.into()),
        }
    }
}

impl From<MoneyError> for SeriesError {
    fn from(error: MoneyError) -> Self {
        Self::Booking(error.into())
    }
}

impl From<AvailabilityError> for SeriesError {
    fn from(error: AvailabilityError) -> Self {
        match error {
            AvailabilityError::NotFound => Self::NotFound,
            AvailabilityError::PricesMissing => Self::Booking(Refusal::PricesMissing.into()),
            AvailabilityError::Input(error) => error.into(),
            AvailabilityError::Amount(error) => error.into(),
            AvailabilityError::Store(error) => error.into(),
        }
    }
}

impl From<SeriesError> for Problem {
    fn from(error: SeriesError) -> Self {
        match error {
            SeriesError::NotFound => Self::not_found(),
            SeriesError::NoSuchDate => {
                Self::invalid("no_such_date", "The series has no such date.").at("/number", "not a date of it")
            }
            SeriesError::Rule(error) => {
                let detail = error.to_string();
                Self::invalid("invalid_rule", format!("{detail}.")).at("/rule", detail)
            }
            SeriesError::Conflict { number, refusal } => {
                let detail = format!("Date {number} cannot be had: {refusal}.");
                Self::conflict("series_conflict", detail).at(format!("/dates/{number}"), refusal.code())
            }
            SeriesError::NothingFree => Self::conflict("series_conflict", "None of the dates can be had."),
            SeriesError::Booking(error) => error.into(),
            SeriesError::Idempotency(error) => error.into(),
            SeriesError::Store(error) => error.into(),
        }
    }
}
