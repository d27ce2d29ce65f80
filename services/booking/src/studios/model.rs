//! What a studio is.

use jiff::Timestamp;
use kernel::{CityId, CompanyId, StudioId};

use super::Slug;
use crate::places::model::City;

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
    pub created_at: Timestamp,
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

/// A given slug is taken or refused; one made of the name gets a number until it is free.
#[derive(Debug, Clone)]
pub enum WantedSlug {
    Given(Slug),
    OfName,
}
