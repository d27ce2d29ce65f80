//! What can go wrong with a company.

use problem::Problem;
use service_kit::{identity::permissions::insufficient_role, peers::PeerError};

use crate::members::MemberError;

#[derive(Debug, thiserror::Error)]
pub enum CompanyError {
    #[error("there is no such company")]
    NotFound,
    #[error("the slug belongs to another company")]
    SlugTaken,
    #[error("the founder's address is not verified")]
    EmailNotVerified,
    #[error("the founder works for too many companies already")]
    TooManyCompanies,
    #[error("bookings of the company lie ahead")]
    BookingsAhead,
    #[error("money of the company is pending")]
    MoneyPending,
    #[error("the caller is no longer an owner")]
    InsufficientRole,
    #[error("{0} does not know what it was asked")]
    NoAnswer(&'static str),
    #[error(transparent)]
    Member(#[from] MemberError),
    #[error(transparent)]
    Peer(#[from] PeerError),
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<CompanyError> for Problem {
    fn from(error: CompanyError) -> Self {
        match error {
            CompanyError::NotFound => Self::not_found(),
            CompanyError::SlugTaken => {
                Self::conflict("slug_taken", "Another company has this slug.").at("/slug", "taken")
            }
            CompanyError::EmailNotVerified => {
                Self::forbidden("email_not_verified", "Verify your email address before you open a company.")
            }
            CompanyError::TooManyCompanies => {
                Self::conflict("too_many_companies", "You work for as many companies as one person can.")
            }
            CompanyError::BookingsAhead => Self::conflict(
                "company_has_bookings",
                "Bookings of this company lie ahead. Cancel them or let them pass.",
            ),
            CompanyError::MoneyPending => Self::conflict(
                "company_has_money",
                "Money of this company is pending or waits to be paid out. Settle it first.",
            ),
            CompanyError::InsufficientRole => insufficient_role(),
            CompanyError::NoAnswer(_) => Self::unavailable(error),
            CompanyError::Member(error) => error.into(),
            CompanyError::Peer(error) => error.into(),
            CompanyError::Store(error) => error.into(),
        }
    }
}
