//! What a series is, its dates, and which of them a change is about.

use jiff::{SignedDuration, Span, Timestamp, civil::DateTime, tz::TimeZone};
use kernel::{BookingId, CompanyId, RoomId, SeriesId, StudioId, UserId};
use serde::{Deserialize, Serialize};

use crate::{
    bookings::model::{Booking, Status},
    interval::Interval,
    local_time::{ClockTime, opening_instant},
    prices::model::AddOnChoice,
};

#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub id: SeriesId,
    pub company_id: CompanyId,
    pub studio_id: StudioId,
    pub customer_id: Option<UserId>,
    pub template: Template,
    pub rule: String,
    pub time_zone: String,
    pub created_at: Timestamp,
}

/// What every booking of a series is made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Template {
    /// Of one studio; at least one.
    pub room_ids: Vec<RoomId>,
    pub minutes: i64,
    pub add_ons: Vec<AddOnChoice>,
    pub party_size: Option<i32>,
    pub note: Option<String>,
}

/// A date of a series.
#[derive(Debug, Clone, PartialEq)]
pub struct Occurrence {
    /// From one on, in the order of the rule.
    pub number: i32,
    pub interval: Interval,
    pub booking: Option<Booking>,
    /// The code of what stood in the way.
    pub skipped_because: Option<String>,
    /// Nobody wants it any more.
    pub withdrawn: bool,
}

/// What has become of a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OccurrenceState {
    Booked,
    /// Could not be had; can be filled later.
    Skipped,
    Withdrawn,
}

impl Occurrence {
    pub fn new(number: i32, interval: Interval) -> Self {
        Self { number, interval, booking: None, skipped_because: None, withdrawn: false }
    }

    pub fn state(&self) -> OccurrenceState {
        match self.booking {
            _ if self.withdrawn => OccurrenceState::Withdrawn,
            Some(_) => OccurrenceState::Booked,
            None => OccurrenceState::Skipped,
        }
    }

    /// Whether it waits to be filled: wanted, ahead, and without a booking that counts.
    pub fn is_open(&self, now: Timestamp) -> bool {
        let lapsed = |booking: &Booking| booking.status_at(now) == Status::Expired;
        !self.withdrawn && self.interval.start() > now && self.booking.as_ref().is_none_or(lapsed)
    }

    /// The booking that can still be moved or cancelled.
    pub fn live_booking(&self, now: Timestamp) -> Option<BookingId> {
        let live = |booking: &&Booking| {
            let status = booking.status_at(now);
            matches!(status, Status::Requested | Status::Held | Status::Confirmed) && booking.interval.end() > now
        };
        self.booking.as_ref().filter(live).map(|booking| booking.id)
    }
}

/// How much of a series a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    One,
    /// This date and those after it.
    Following,
    All,
}

/// Dates of a series that a change is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    pub scope: Scope,
    /// Where it begins; of no meaning for all.
    pub number: i32,
}

impl Extent {
    pub fn contains(self, number: i32) -> bool {
        match self.scope {
            Scope::One => number == self.number,
            Scope::Following => number >= self.number,
            Scope::All => true,
        }
    }
}

/// What is done with dates that cannot be had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnConflict {
    /// All or nothing.
    #[default]
    Fail,
    Skip,
}

/// When a date of the rule begins and ends: the wall clock's time, or the first instant after it where the clocks jump
/// over it, and from there on elapsed minutes. `None` beyond the years that can be represented.
pub fn interval_at(local: DateTime, minutes: i64, zone: &TimeZone) -> Option<Interval> {
    let start = opening_instant(local, zone)?;
    Interval::new(start, start.checked_add(SignedDuration::from_mins(minutes)).ok()?)
}

/// Another time for dates of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewTime {
    /// On the clock's face; as before when absent.
    pub clock: Option<ClockTime>,
    pub days_later: i32,
    pub minutes: i64,
}

impl NewTime {
    /// Where a date is moved to.
    pub fn of(self, interval: Interval, zone: &TimeZone) -> Option<Interval> {
        let local = zone.to_datetime(interval.start());
        let date = local.date().checked_add(Span::new().days(self.days_later)).ok()?;
        let local = match self.clock {
            Some(clock) => crate::local_time::local(date, clock.minutes())?,
            None => date.to_datetime(local.time()),
        };
        interval_at(local, self.minutes, zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local_time::{display, zone};

    fn at(name: &str, local: &str, minutes: i64) -> (String, i64) {
        let zone = zone(name).unwrap();
        let interval = interval_at(local.parse().unwrap(), minutes, &zone).unwrap();
        (display(interval.start(), &zone), interval.minutes())
    }

    #[test]
    fn a_date_keeps_its_time_on_the_clock_and_its_elapsed_length() {
        assert_eq!(at("Europe/Berlin", "2027-03-23T19:00", 120), ("2027-03-23T19:00:00+01:00".into(), 120));
        assert_eq!(at("Europe/Berlin", "2027-03-30T19:00", 120), ("2027-03-30T19:00:00+02:00".into(), 120));
        // In the gap: the first instant after it. Twice: the first.
        assert_eq!(at("Europe/Berlin", "2027-03-28T02:30", 60), ("2027-03-28T03:00:00+02:00".into(), 60));
        assert_eq!(at("Europe/Berlin", "2027-10-31T02:30", 60), ("2027-10-31T02:30:00+02:00".into(), 60));
        assert_eq!(at("Australia/Lord_Howe", "2027-10-03T02:15", 60), ("2027-10-03T02:30:00+11:00".into(), 60));
    }

    #[test]
    fn another_time_is_one_on_the_clocks_face() {
        let berlin = zone("Europe/Berlin").unwrap();
        let before = interval_at("2027-03-30T19:00".parse().unwrap(), 120, &berlin).unwrap();
        let moved = |clock: Option<i32>, days_later, minutes| {
            let clock = clock.map(|minutes| ClockTime::from_minutes(minutes).unwrap());
            let interval = NewTime { clock, days_later, minutes }.of(before, &berlin).unwrap();
            (display(interval.start(), &berlin), interval.minutes())
        };
        assert_eq!(moved(Some(20 * 60 + 30), 0, 120), ("2027-03-30T20:30:00+02:00".into(), 120));
        assert_eq!(moved(None, -2, 90), ("2027-03-28T19:00:00+02:00".into(), 90));
        assert_eq!(moved(None, -3, 90), ("2027-03-27T19:00:00+01:00".into(), 90));
        assert_eq!(moved(Some(2 * 60 + 30), -2, 60), ("2027-03-28T03:00:00+02:00".into(), 60));
    }

    #[test]
    fn a_change_is_about_one_date_those_after_it_or_all() {
        let numbers =
            |scope| (1..=4).filter(|number| Extent { scope, number: 3 }.contains(*number)).collect::<Vec<_>>();
        assert_eq!(numbers(Scope::One), [3]);
        assert_eq!(numbers(Scope::Following), [3, 4]);
        assert_eq!(numbers(Scope::All), [1, 2, 3, 4]);
    }
}
