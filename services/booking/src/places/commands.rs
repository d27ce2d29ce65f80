//! Making and reading places.

use kernel::{CityId, CountryId, Currency};
use service_kit::PlatformAdmin;

use super::{
    PlaceError,
    model::{City, Country, NewCity},
    store as places,
};
use crate::startup::App;

pub async fn create_country(
    app: &App,
    _: &PlatformAdmin,
    code: String,
    name: String,
    currency: Currency,
) -> Result<Country, PlaceError> {
    let country = Country { id: CountryId::new(), code, name, currency };
    let mut conn = app.db.conn().await?;
    match places::insert_country(&mut conn, &country, app.clock.now()).await {
        Ok(()) => Ok(country),
        Err(error) if error.violated_constraint() == Some("countries_code_key") => Err(PlaceError::CountryExists),
        Err(error) => Err(error.into()),
    }
}

pub async fn create_city(app: &App, _: &PlatformAdmin, new: NewCity) -> Result<City, PlaceError> {
    let mut conn = app.db.conn().await?;
    let country = places::find_country(&mut conn, new.country_id).await?.ok_or(PlaceError::UnknownCountry)?;
    let city = City {
        id: CityId::new(),
        country,
        name: new.name,
        time_zone: new.time_zone,
        latitude: new.latitude,
        longitude: new.longitude,
    };
    places::insert_city(&mut conn, &city, app.clock.now()).await?;
    Ok(city)
}

pub async fn get_country(app: &App, id: CountryId) -> Result<Country, PlaceError> {
    let mut conn = app.db.conn().await?;
    places::find_country(&mut conn, id).await?.ok_or(PlaceError::NotFound)
}

/// Countries by code.
pub async fn list_countries(app: &App, after: Option<String>, limit: i64) -> Result<Vec<Country>, PlaceError> {
    let mut conn = app.db.conn().await?;
    Ok(places::list_countries(&mut conn, after, limit).await?)
}

/// A country's cities in the order they were made.
pub async fn list_cities(
    app: &App,
    country_id: CountryId,
    after: Option<CityId>,
    limit: i64,
) -> Result<Vec<City>, PlaceError> {
    let mut conn = app.db.conn().await?;
    let country = places::find_country(&mut conn, country_id).await?.ok_or(PlaceError::NotFound)?;
    Ok(places::list_cities(&mut conn, &country, after, limit).await?)
}
