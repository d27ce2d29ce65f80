//! Studios as clients see them.

use jiff::Timestamp;
use kernel::{CompanyId, StudioId};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::request::AddressBody;
use crate::{
    badges::Badge,
    equipment::http::ItemBody,
    hours::http::SpanBody,
    photos,
    places::http::CityResponse,
    rooms::http::RoomResponse,
    studios::{
        commands::{Changed, StudioPage},
        model::Studio,
    },
    upcoming::http::AffectedBookings,
};

/// A studio as lists show it.
#[derive(Debug, Serialize, ToSchema)]
pub struct StudioSummary {
    id: StudioId,
    slug: String,
    company_id: CompanyId,
    name: String,
    description: Option<String>,
    city: CityResponse,
    address: AddressBody,
    latitude: f64,
    longitude: f64,
    time_zone: String,
    rating: Option<Rating>,
    /// What the platform says of it.
    badges: Vec<Badge>,
    /// The first photo of its first room that has any.
    photo_url: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// What reviews say on average; null while there are none.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rating {
    #[schema(example = "4.5")]
    average: String,
    count: i64,
}

/// A studio's page.
#[derive(Debug, Serialize, ToSchema)]
pub struct StudioResponse {
    #[serde(flatten)]
    studio: StudioSummary,
    hours: Vec<SpanBody>,
    /// What all its rooms may use.
    equipment: Vec<ItemBody>,
    rooms: Vec<RoomResponse>,
}

/// A studio's page after a change.
#[derive(Debug, Serialize, ToSchema)]
pub struct UpdateStudioResponse {
    #[serde(flatten)]
    studio: StudioResponse,
    /// A warning: where the time zone has changed, the bookings that now lie outside the opening hours. They stand.
    orphaned_bookings: AffectedBookings,
}

impl From<crate::studios::model::Rating> for Rating {
    fn from(rating: crate::studios::model::Rating) -> Self {
        let average = Decimal::new(rating.hundredths(), 2)
            .round_dp_with_strategy(1, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        Self { average: average.to_string(), count: rating.count }
    }
}

impl From<Studio> for StudioSummary {
    fn from(studio: Studio) -> Self {
        Self {
            id: studio.id,
            slug: studio.slug,
            company_id: studio.company_id,
            name: studio.name,
            description: studio.description,
            city: studio.city.into(),
            address: studio.address.into(),
            latitude: studio.latitude,
            longitude: studio.longitude,
            time_zone: studio.time_zone,
            rating: studio.rating.map(Rating::from),
            badges: studio.badges,
            photo_url: studio.photo.map(photos::url),
            created_at: studio.created_at,
        }
    }
}

impl StudioResponse {
    /// One that has just been made.
    pub fn of_new(studio: Studio) -> Self {
        Self { studio: studio.into(), hours: Vec::new(), equipment: Vec::new(), rooms: Vec::new() }
    }
}

impl From<StudioPage> for StudioResponse {
    fn from(page: StudioPage) -> Self {
        Self {
            studio: page.studio.into(),
            hours: page.hours.spans().iter().copied().map(SpanBody::from).collect(),
            equipment: page.equipment.into_iter().map(ItemBody::from).collect(),
            rooms: page.rooms.into_iter().map(RoomResponse::from).collect(),
        }
    }
}

impl From<Changed> for UpdateStudioResponse {
    fn from(changed: Changed) -> Self {
        Self { studio: changed.page.into(), orphaned_bookings: changed.orphaned.into() }
    }
}
