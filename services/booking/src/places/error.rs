//! What can go wrong with places.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("this country exists already")]
    CountryExists,
    #[error("there is no such place")]
    NotFound,
    #[error("the city's country does not exist")]
    UnknownCountry,
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<PlaceError> for Problem {
    fn from(error: PlaceError) -> Self {
        match error {
            PlaceError::CountryExists => Self::conflict("country_exists", "This country exists already."),
            PlaceError::NotFound => Self::not_found(),
            PlaceError::UnknownCountry => {
                Self::invalid("unknown_country", "There is no such country.").at("/country_id", "no such country")
            }
            PlaceError::Store(error) => error.into(),
        }
    }
}
