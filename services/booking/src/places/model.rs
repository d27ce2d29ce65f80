//! What a country and a city are.

use kernel::{CityId, CountryId, Currency};

#[derive(Debug, Clone)]
pub struct Country {
    pub id: CountryId,
    /// ISO 3166-1 alpha-2.
    pub code: String,
    pub name: String,
    pub currency: Currency,
}

#[derive(Debug, Clone)]
pub struct City {
    pub id: CityId,
    pub country: Country,
    pub name: String,
    /// IANA name in its canonical spelling.
    pub time_zone: String,
    pub latitude: f64,
    pub longitude: f64,
}

/// A city to be made; valid.
#[derive(Debug, Clone)]
pub struct NewCity {
    pub country_id: CountryId,
    pub name: String,
    pub time_zone: String,
    pub latitude: f64,
    pub longitude: f64,
}
