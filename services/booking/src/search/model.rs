//! What can be searched for.

use kernel::{CityId, Money, StudioId};
use serde::{Deserialize, Serialize};

use crate::{hours::model::Cover, interval::Interval};

/// Absent is anything.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// Folded.
    pub words: Option<String>,
    pub city_id: Option<CityId>,
    pub near: Option<Circle>,
    pub free: Option<Interval>,
    /// Minor units, net.
    pub max_hourly_rate: Option<i64>,
    pub min_capacity: Option<i32>,
}

impl Search {
    /// Whether a studio is found only by a room that fits.
    pub fn asks_for_room(&self) -> bool {
        self.free.is_some() || self.max_hourly_rate.is_some() || self.min_capacity.is_some()
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Circle {
    pub latitude: f64,
    pub longitude: f64,
    pub radius_km: f64,
}

/// A time zone with what an opening in it must be to cover the wanted interval.
#[derive(Debug, Clone)]
pub struct ZoneCover {
    pub time_zone: String,
    pub cover: Cover,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// By words; newest first where there are none.
    Relevance,
    /// Nearest first; needs `near`.
    Distance,
    /// Cheapest room first.
    Price,
    Newest,
}

/// Where a page ended: the value sorted by, and the studio.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct SearchKey {
    pub sort: Sort,
    pub value: i64,
    pub id: StudioId,
}

#[derive(Debug, Clone)]
pub struct Hit {
    pub id: StudioId,
    pub value: i64,
    pub distance_m: Option<i64>,
    pub from_hourly_rate: Option<Money>,
}

/// How many studios of a city are found when the city itself is left open.
#[derive(Debug, Clone)]
pub struct CityFacet {
    pub id: CityId,
    pub name: String,
    pub count: i64,
}
