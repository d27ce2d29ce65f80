//! A series as clients see it.

use jiff::{Timestamp, tz::TimeZone};
use kernel::{BookingId, CompanyId, Money, RoomId, SeriesId, StudioId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    bookings::model::Status,
    local_time,
    prices::model::AddOnChoice,
    series::{
        commands::Whole,
        model::{Occurrence, OccurrenceState, Series},
    },
};

/// A series without its dates.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesSummary {
    id: SeriesId,
    company_id: CompanyId,
    studio_id: StudioId,
    room_ids: Vec<RoomId>,
    /// Null where staff made it for somebody without an account.
    customer_id: Option<UserId>,
    /// RFC 5545, on the studio's clock.
    rule: String,
    duration_minutes: i64,
    add_ons: Vec<AddOnChoice>,
    party_size: Option<i32>,
    note: Option<String>,
    time_zone: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesResponse {
    #[serde(flatten)]
    series: SeriesSummary,
    dates: Vec<SeriesDate>,
    /// Dates that this request could not change; they are as they were.
    failed: Vec<FailedDate>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesDate {
    /// From one on.
    number: i32,
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// On the studio's clock, with its offset.
    local_starts_at: String,
    local_ends_at: String,
    state: OccurrenceState,
    /// The code of what stood in the way of a date that was skipped.
    skipped_because: Option<String>,
    booking_id: Option<BookingId>,
    booking_status: Option<Status>,
    /// The booking's gross total.
    total: Option<Money>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct FailedDate {
    number: i32,
    code: &'static str,
}

impl From<&Series> for SeriesSummary {
    fn from(series: &Series) -> Self {
        let template = series.template.clone();
        Self {
            id: series.id,
            company_id: series.company_id,
            studio_id: series.studio_id,
            room_ids: template.room_ids,
            customer_id: series.customer_id,
            rule: series.rule.clone(),
            duration_minutes: template.minutes,
            add_ons: template.add_ons,
            party_size: template.party_size,
            note: template.note,
            time_zone: series.time_zone.clone(),
            created_at: series.created_at,
        }
    }
}

impl SeriesDate {
    fn of(date: &Occurrence, zone: &TimeZone, now: Timestamp) -> Self {
        let (starts_at, ends_at) = (date.interval.start(), date.interval.end());
        let booking = date.booking.as_ref();
        Self {
            number: date.number,
            starts_at,
            ends_at,
            local_starts_at: local_time::display(starts_at, zone),
            local_ends_at: local_time::display(ends_at, zone),
            state: date.state(),
            skipped_because: date.skipped_because.clone(),
            booking_id: booking.map(|booking| booking.id),
            booking_status: booking.map(|booking| booking.status_at(now)),
            total: booking.map(|booking| booking.price.total),
        }
    }
}

impl From<&Whole> for SeriesResponse {
    fn from(whole: &Whole) -> Self {
        let zone = local_time::stored_zone(&whole.series.time_zone);
        Self {
            series: SeriesSummary::from(&whole.series),
            dates: whole.dates.iter().map(|date| SeriesDate::of(date, &zone, whole.now)).collect(),
            failed: whole
                .failed
                .iter()
                .map(|(number, refusal)| FailedDate { number: *number, code: refusal.code() })
                .collect(),
        }
    }
}
