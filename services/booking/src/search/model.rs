//! What can be searched for.

use kernel::{CityId, Money, StudioId};
use serde::{Deserialize, Serialize};

use super::words::Reading;
use crate::{badges::Badge, hours::model::WeekMinutes, interval::Interval};

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
    /// Keys; all of them in one room, or in its studio for all rooms.
    pub equipment: Vec<String>,
    /// All of them.
    pub badges: Vec<Badge>,
    /// Hundredths of a star.
    pub min_rating: Option<i32>,
}

impl Search {
    /// Whether a studio is found only by a room that fits.
    pub fn asks_for_room(&self) -> bool {
        self.free.is_some()
            || self.max_hourly_rate.is_some()
            || self.min_capacity.is_some()
            || !self.equipment.is_empty()
    }

    /// Facets are counted over so many studios at most. Whether a room is free is the dearest question.
    pub fn sample(&self) -> i64 {
        if self.free.is_some() { 200 } else { 500 }
    }
}

/// The earth's mean radius in metres (IUGG), as in the positions of the index.
const EARTH_M: f64 = 6_371_008.8;

/// A circle on the ground.
#[derive(Debug, Clone, Copy)]
pub struct Circle {
    pub latitude: f64,
    pub longitude: f64,
    pub radius_km: f64,
}

impl Circle {
    /// Its centre as a point in space, in metres from the middle of the earth.
    pub fn centre(&self) -> [f64; 3] {
        let (latitude, longitude) = (self.latitude.to_radians(), self.longitude.to_radians());
        [
            EARTH_M * latitude.cos() * longitude.cos(),
            EARTH_M * latitude.cos() * longitude.sin(),
            EARTH_M * latitude.sin(),
        ]
    }

    /// Its radius as a straight line through the earth, in metres.
    pub fn chord_m(&self) -> f64 {
        let radius_m = (self.radius_km * 1000.0).min(EARTH_M * std::f64::consts::PI);
        2.0 * EARTH_M * (radius_m / (2.0 * EARTH_M)).sin()
    }
}

/// The way over the ground, in whole metres, between two points so far apart in a straight line.
pub fn ground_m(chord_m: f64) -> i64 {
    (2.0 * EARTH_M * (chord_m / (2.0 * EARTH_M)).clamp(0.0, 1.0).asin()).round() as i64
}

/// What the wanted interval is on the clocks of a time zone.
#[derive(Debug, Clone)]
pub struct ZoneTime {
    pub time_zone: String,
    /// What an opening has to hold, in minutes from Monday's midnight.
    pub week: WeekMinutes,
    /// How many days of its calendar the start is ahead.
    pub days_ahead: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// By words, then by standing; by standing alone where there are no words.
    Relevance,
    /// Nearest first; needs `near`.
    Distance,
    /// The cheapest room that fits first.
    Price,
    /// Best first; few reviews weigh less than many, none least.
    Rating,
    Newest,
}

/// Where a page ended: the value sorted by, and the studio; and how the words were read, so that the pages after it read
/// them alike.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SearchKey {
    pub sort: Sort,
    /// The bits of a number where it is a distance: they grow with it.
    pub value: i64,
    pub id: StudioId,
    pub reading: Option<Reading>,
}

/// A found studio with what facets are counted by.
#[derive(Debug, Clone)]
pub struct Hit {
    pub id: StudioId,
    pub value: i64,
    pub distance_m: Option<i64>,
    /// Of the cheapest room that fits.
    pub from_hourly_rate: Option<Money>,
    pub city_id: CityId,
    pub equipment: Vec<String>,
    pub badges: Vec<String>,
    pub max_capacity: i32,
    /// Hundredths of a star; 0 without reviews.
    pub rating: i32,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn circle(latitude: f64, longitude: f64, radius_km: f64) -> Circle {
        Circle { latitude, longitude, radius_km }
    }

    fn chord(a: &Circle, b: &Circle) -> f64 {
        let (a, b) = (a.centre(), b.centre());
        a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
    }

    #[test]
    fn distances_are_those_over_the_ground() {
        let (berlin, hamburg) = (circle(52.52, 13.405, 1.0), circle(53.5511, 9.9937, 1.0));
        let distance = ground_m(chord(&berlin, &hamburg));
        assert!((254_000..257_000).contains(&distance), "{distance}");
        // Over the date line, and over the pole.
        assert!(ground_m(chord(&circle(0.0, 179.9, 1.0), &circle(0.0, -179.9, 1.0))) < 23_000);
        assert!(ground_m(chord(&circle(89.9, 0.0, 1.0), &circle(89.9, 180.0, 1.0))) < 23_000);
    }

    proptest! {
        #[test]
        fn a_radius_and_its_chord_are_the_same_way(radius_km in 0.001_f64..20_000.0) {
            let way = ground_m(circle(0.0, 0.0, radius_km).chord_m());
            prop_assert!((way as f64 - radius_km * 1000.0).abs() <= 2.0, "{way} for {radius_km} km");
        }

        /// What keyset pages by distance rely on.
        #[test]
        fn bits_of_distances_grow_with_them(a in 0.0_f64..2e7, b in 0.0_f64..2e7) {
            prop_assert_eq!(a < b, (a.to_bits() as i64) < (b.to_bits() as i64));
        }
    }
}
