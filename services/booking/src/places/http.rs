//! Countries and cities over HTTP.

use actix_web::{HttpResponse, get, post, web::Data};
use kernel::{CityId, CountryId, Currency};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Json, Page, PageQuery, Path, PlatformAdmin, Query};
use utoipa::ToSchema;

use super::{
    commands,
    iso3166::is_country,
    model::{City, Country, NewCity},
};
use crate::{local_time, startup::App, validation::Validation};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCountryRequest {
    /// ISO 3166-1 alpha-2.
    #[schema(pattern = "^[A-Z]{2}$", example = "DE")]
    code: String,
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    currency: Currency,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateCityRequest {
    country_id: CountryId,
    #[schema(min_length = 1, max_length = 100)]
    name: String,
    /// IANA name.
    #[schema(max_length = 64, example = "Europe/Berlin")]
    time_zone: String,
    #[schema(minimum = -90, maximum = 90)]
    latitude: f64,
    #[schema(minimum = -180, maximum = 180)]
    longitude: f64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CountryResponse {
    id: CountryId,
    code: String,
    name: String,
    currency: Currency,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CityResponse {
    pub id: CityId,
    pub country_id: CountryId,
    pub country_code: String,
    pub name: String,
    pub time_zone: String,
    pub latitude: f64,
    pub longitude: f64,
}

impl From<Country> for CountryResponse {
    fn from(country: Country) -> Self {
        Self { id: country.id, code: country.code, name: country.name, currency: country.currency }
    }
}

impl From<City> for CityResponse {
    fn from(city: City) -> Self {
        Self {
            id: city.id,
            country_id: city.country.id,
            country_code: city.country.code,
            name: city.name,
            time_zone: city.time_zone,
            latitude: city.latitude,
            longitude: city.longitude,
        }
    }
}

/// Create a country.
#[utoipa::path(
    tag = "places",
    request_body = CreateCountryRequest,
    responses((status = 201, body = CountryResponse), (status = 409, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/api/countries")]
pub async fn create_country(
    app: Data<App>,
    admin: PlatformAdmin,
    body: Json<CreateCountryRequest>,
) -> Result<HttpResponse, Problem> {
    let mut validation = Validation::default();
    validation.demand(is_country(&body.code), "/code", "expected an ISO 3166-1 code of two capital letters");
    let name = validation.line("/name", &body.name, 100);
    validation.finish()?;
    let country = commands::create_country(&app, &admin, body.code.clone(), name, body.currency).await?;
    Ok(HttpResponse::Created().json(CountryResponse::from(country)))
}

/// Create a city.
#[utoipa::path(
    tag = "places",
    request_body = CreateCityRequest,
    responses((status = 201, body = CityResponse)),
    security(("bearer" = []))
)]
#[post("/api/cities")]
pub async fn create_city(
    app: Data<App>,
    admin: PlatformAdmin,
    body: Json<CreateCityRequest>,
) -> Result<HttpResponse, Problem> {
    let mut validation = Validation::default();
    let zone = local_time::zone(&body.time_zone);
    let time_zone = zone.as_ref().and_then(|zone| zone.iana_name()).unwrap_or_default().to_owned();
    validation.demand(zone.is_some(), "/time_zone", "expected an IANA time zone such as Europe/Berlin");
    let name = validation.line("/name", &body.name, 100);
    validation.position(body.latitude, body.longitude);
    validation.finish()?;
    let (latitude, longitude) = (body.latitude, body.longitude);
    let new = NewCity { country_id: body.country_id, name, time_zone, latitude, longitude };
    let city = commands::create_city(&app, &admin, new).await?;
    Ok(HttpResponse::Created().json(CityResponse::from(city)))
}

/// List countries by code.
#[utoipa::path(tag = "places", params(PageQuery), responses((status = 200, body = Page<CountryResponse>)))]
#[get("/api/countries")]
pub async fn list_countries(app: Data<App>, page: Query<PageQuery>) -> Result<HttpResponse, Problem> {
    let (limit, after) = (page.limit()?, page.after::<String>()?);
    if after.as_deref().is_some_and(|code| !is_country(code)) {
        return Err(Problem::invalid("invalid_cursor", "The cursor is not one of this list.").at("/cursor", "invalid"));
    }
    let countries = commands::list_countries(&app, after, limit + 1).await?;
    let page = Page::of(countries, limit, |country| country.code.clone());
    Ok(HttpResponse::Ok().json(page.map(CountryResponse::from)))
}

/// Get a country.
#[utoipa::path(
    tag = "places",
    params(("country_id" = CountryId, Path)),
    responses((status = 200, body = CountryResponse))
)]
#[get("/api/countries/{country_id}")]
pub async fn get_country(app: Data<App>, id: Path<CountryId>) -> Result<HttpResponse, Problem> {
    let country = commands::get_country(&app, *id).await?;
    Ok(HttpResponse::Ok().json(CountryResponse::from(country)))
}

/// List a country's cities.
#[utoipa::path(
    tag = "places",
    params(("country_id" = CountryId, Path), PageQuery),
    responses((status = 200, body = Page<CityResponse>))
)]
#[get("/api/countries/{country_id}/cities")]
pub async fn list_cities(
    app: Data<App>,
    country_id: Path<CountryId>,
    page: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let limit = page.limit()?;
    let cities = commands::list_cities(&app, *country_id, page.after()?, limit + 1).await?;
    let page = Page::of(cities, limit, |city| city.id);
    Ok(HttpResponse::Ok().json(page.map(CityResponse::from)))
}
