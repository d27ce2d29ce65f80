//! What a studio is.

use jiff::Timestamp;
use kernel::{CityId, CompanyId, PhotoId, StudioId};

use super::Slug;
use crate::{badges::Badge, places::model::City};

#[derive(Debug, Clone)]
pub struct Address {
    pub line1: String,
    pub line2: Option<String>,
    pub postal_code: String,
}

#[derive(Debug, Clone)]
pub struct Studio {
    pub id: StudioId,
    pub company_id: CompanyId,
    pub slug: String,
    pub name: String,
    pub description: Option<String>,
    pub city: City,
    pub address: Address,
    pub latitude: f64,
    pub longitude: f64,
    pub time_zone: String,
    pub rating: Option<Rating>,
    pub badges: Vec<Badge>,
    /// The first photo of its first room that has any.
    pub photo: Option<PhotoId>,
    pub created_at: Timestamp,
}

/// What reviews say: how many stars they gave together, and how many they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rating {
    pub sum: i64,
    pub count: i64,
}

impl Rating {
    /// `None` while there are no reviews.
    pub fn of(sum: i64, count: i64) -> Option<Self> {
        (count > 0).then_some(Self { sum, count })
    }

    /// Hundredths of a star, rounded half-up.
    pub fn hundredths(self) -> i64 {
        (self.sum * 200 + self.count) / (2 * self.count)
    }
}

/// A studio to be made; valid.
#[derive(Debug, Clone)]
pub struct NewStudio {
    pub name: String,
    pub slug: WantedSlug,
    pub description: Option<String>,
    pub city_id: CityId,
    pub address: Address,
    pub latitude: f64,
    pub longitude: f64,
    /// The city's when absent.
    pub time_zone: Option<String>,
}

/// What a studio is to become; valid. Its company stays.
#[derive(Debug, Clone)]
pub struct StudioChange {
    pub name: String,
    /// As it is when absent.
    pub slug: Option<Slug>,
    pub description: Option<String>,
    pub city_id: CityId,
    pub address: Address,
    pub latitude: f64,
    pub longitude: f64,
    /// As it is when absent, or the new city's where the city changes.
    pub time_zone: Option<String>,
}

impl StudioChange {
    /// The zone after the change.
    pub fn zone_after(&self, before: &Studio, city: &City) -> String {
        match &self.time_zone {
            Some(zone) => zone.clone(),
            None if city.id == before.city.id => before.time_zone.clone(),
            None => city.time_zone.clone(),
        }
    }
}

/// A given slug is taken or refused; one made of the name gets a number until it is free.
#[derive(Debug, Clone)]
pub enum WantedSlug {
    Given(Slug),
    OfName,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rating_is_rounded_half_up() {
        for (sum, count, hundredths) in [(5, 1, 500), (14, 3, 467), (13, 3, 433), (9, 8, 113), (1, 8, 13)] {
            assert_eq!(Rating::of(sum, count).unwrap().hundredths(), hundredths, "{sum}/{count}");
        }
        assert_eq!(Rating::of(0, 0), None);
    }
}
