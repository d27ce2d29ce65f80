//! What can go wrong with a company.

use problem::Problem;

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
            CompanyError::Store(error) => error.into(),
        }
    }
}
