//! What was found, as clients see it.

use std::collections::HashMap;

use kernel::{CityId, Money};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    search::{
        commands::{Found, Results},
        facets::Facets,
    },
    studios::http::StudioSummary,
};

#[derive(Debug, Serialize, ToSchema)]
pub struct SearchResponse {
    data: Vec<FoundStudio>,
    next_cursor: Option<String>,
    facets: FacetsBody,
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

/// How many of the found studios have what. At most the first five hundred are counted, or the first two hundred where a free
/// interval is asked for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SearchFacets)]
pub struct FacetsBody {
    /// How many studios were counted.
    counted: usize,
    /// True when these are all that were found.
    complete: bool,
    /// As if no city had been asked for.
    cities: Vec<CityFacet>,
    equipment: Vec<KeyFacet>,
    badges: Vec<KeyFacet>,
    capacities: Vec<CapacityFacet>,
    hourly_rates: Vec<RateFacet>,
    ratings: Vec<RatingFacet>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct CityFacet {
    id: CityId,
    name: String,
    count: i64,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct KeyFacet {
    key: String,
    count: i64,
}

/// Studios with a room for at least so many.
#[derive(Debug, Serialize, ToSchema)]
pub struct CapacityFacet {
    min_capacity: i32,
    count: i64,
}

/// Studios with a room that fits for at most so much an hour, in minor units.
#[derive(Debug, Serialize, ToSchema)]
pub struct RateFacet {
    max_hourly_rate: i64,
    count: i64,
}

/// Studios with at least so many stars.
#[derive(Debug, Serialize, ToSchema)]
pub struct RatingFacet {
    #[schema(value_type = String, example = "4.5")]
    min_rating: Decimal,
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

impl From<Results> for SearchResponse {
    fn from(results: Results) -> Self {
        let page = results.page.map(FoundStudio::from);
        let facets = FacetsBody::of(results.facets, results.city_names);
        Self { data: page.data, next_cursor: page.next_cursor, facets }
    }
}

impl FacetsBody {
    fn of(facets: Facets, mut names: HashMap<CityId, String>) -> Self {
        let city = |(id, count)| CityFacet { id, name: names.remove(&id).unwrap_or_default(), count };
        let keys =
            |facets: Vec<(String, i64)>| facets.into_iter().map(|(key, count)| KeyFacet { key, count }).collect();
        let rating = |(hundredths, count): (i32, i64)| RatingFacet {
            min_rating: Decimal::new(hundredths.into(), 2).normalize(),
            count,
        };
        Self {
            counted: facets.counted,
            complete: facets.complete,
            cities: facets.cities.into_iter().map(city).collect(),
            equipment: keys(facets.equipment),
            badges: keys(facets.badges),
            capacities: facets
                .capacities
                .into_iter()
                .map(|(min_capacity, count)| CapacityFacet { min_capacity, count })
                .collect(),
            hourly_rates: facets
                .hourly_rates
                .into_iter()
                .map(|(max_hourly_rate, count)| RateFacet { max_hourly_rate, count })
                .collect(),
            ratings: facets.ratings.into_iter().map(rating).collect(),
        }
    }
}
