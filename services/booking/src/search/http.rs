//! Search over HTTP.

use actix_web::{HttpResponse, post, web::Data};
use jiff::tz::TimeZone;
use kernel::{CityId, Money};
use problem::Problem;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use service_kit::{Json, PageQuery, Query};
use utoipa::ToSchema;

use super::{
    commands::{self, Found},
    model::{Circle, CityFacet, Search, SearchKey, Sort},
    text::fold,
};
use crate::{
    availability::Asked,
    interval::Interval,
    local_time::When,
    rooms::model::MAX_DURATION_MINUTES,
    startup::App,
    studios::http::StudioSummary,
    validation::{MAX_AMOUNT, Validation},
};

/// What to look for; absent is anything. Rates are net.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SearchStudiosRequest {
    #[schema(max_length = 200)]
    query: Option<String>,
    city_id: Option<CityId>,
    near: Option<NearBody>,
    /// A room is free and the studio open for all of it.
    free: Option<FreeBody>,
    /// Minor units.
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    max_hourly_rate: Option<i64>,
    #[schema(minimum = 0, maximum = 10_000)]
    min_capacity: Option<i32>,
    /// `distance` where `near` is given, else `relevance`.
    sort: Option<Sort>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NearBody {
    #[schema(minimum = -90, maximum = 90)]
    latitude: f64,
    #[schema(minimum = -180, maximum = 180)]
    longitude: f64,
    #[schema(minimum = 0.001, maximum = 20_000)]
    radius_km: f64,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FreeBody {
    starts_at: When,
    ends_at: When,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SearchResponse {
    data: Vec<FoundStudio>,
    next_cursor: Option<String>,
    facets: Facets,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FoundStudio {
    studio: StudioSummary,
    /// Where `near` is given.
    #[schema(value_type = Option<String>, example = "1.234")]
    distance_km: Option<Decimal>,
    /// Net, of the cheapest room that fits; null for a studio without priced rooms.
    from_hourly_rate: Option<Money>,
}

/// How many studios each choice would find.
#[derive(Debug, Serialize, ToSchema)]
pub struct Facets {
    cities: Vec<CityFacetBody>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CityFacetBody {
    id: CityId,
    name: String,
    count: i64,
}

impl From<Found> for FoundStudio {
    fn from(found: Found) -> Self {
        Self {
            studio: found.studio.into(),
            distance_km: found.hit.distance_m.map(|metres| Decimal::new(metres, 3)),
            from_hourly_rate: found.hit.from_hourly_rate,
        }
    }
}

impl From<CityFacet> for CityFacetBody {
    fn from(facet: CityFacet) -> Self {
        Self { id: facet.id, name: facet.name, count: facet.count }
    }
}

impl SearchStudiosRequest {
    fn validated(&self) -> Result<(Search, Sort), Problem> {
        let mut validation = Validation::default();
        let words = validation.optional_line("/query", self.query.as_deref(), 200);
        if let Some(near) = &self.near {
            validation.within("/near/latitude", near.latitude, -90.0..=90.0);
            validation.within("/near/longitude", near.longitude, -180.0..=180.0);
            validation.within("/near/radius_km", near.radius_km, 0.001..=20_000.0);
        }
        validation.within("/max_hourly_rate", self.max_hourly_rate.unwrap_or(0), 0..=MAX_AMOUNT);
        validation.within("/min_capacity", self.min_capacity.unwrap_or(0), 0..=10_000);
        let sort = self.sort.unwrap_or(if self.near.is_some() { Sort::Distance } else { Sort::Relevance });
        validation.demand(sort != Sort::Distance || self.near.is_some(), "/sort", "distance needs near");
        let free = self.free(&mut validation);
        validation.finish()?;
        let circle =
            |near: &NearBody| Circle { latitude: near.latitude, longitude: near.longitude, radius_km: near.radius_km };
        let search = Search {
            words: words.map(|words| fold(&words)),
            city_id: self.city_id,
            near: self.near.as_ref().map(circle),
            free,
            max_hourly_rate: self.max_hourly_rate,
            min_capacity: self.min_capacity,
        };
        Ok((search, sort))
    }

    /// Studios are in many zones, so the offset must be given here.
    fn free(&self, validation: &mut Validation) -> Option<Interval> {
        let free = self.free.as_ref()?;
        let local = |when: When| matches!(when, When::Local(_));
        validation.demand(!local(free.starts_at), "/free/starts_at", "expected an offset");
        validation.demand(!local(free.ends_at), "/free/ends_at", "expected an offset");
        let asked = Asked { starts_at: free.starts_at, ends_at: free.ends_at };
        let interval = asked.interval(&TimeZone::UTC);
        match interval {
            Err(error) => validation.refuse("/free", error.to_string()),
            Ok(interval) => {
                let longest = i64::from(MAX_DURATION_MINUTES);
                validation.demand(interval.minutes() <= longest, "/free", "longer than any booking");
            }
        }
        interval.ok()
    }
}

/// Find studios.
#[utoipa::path(
    tag = "studios",
    params(PageQuery),
    request_body = SearchStudiosRequest,
    responses((status = 200, body = SearchResponse))
)]
#[post("/api/studios/search")]
pub async fn search_studios(
    app: Data<App>,
    page: Query<PageQuery>,
    body: Json<SearchStudiosRequest>,
) -> Result<HttpResponse, Problem> {
    let (search, sort) = body.validated()?;
    let (limit, after) = (page.limit()?, page.after::<SearchKey>()?);
    if after.is_some_and(|after| after.sort != sort) {
        return Err(
            Problem::invalid("invalid_cursor", "The cursor is not one of this list.").at("/cursor", "other sort")
        );
    }
    let (page, cities) = commands::search_studios(&app, &search, sort, after, limit).await?;
    let facets = Facets { cities: cities.into_iter().map(CityFacetBody::from).collect() };
    let page = page.map(FoundStudio::from);
    Ok(HttpResponse::Ok().json(SearchResponse { data: page.data, next_cursor: page.next_cursor, facets }))
}
