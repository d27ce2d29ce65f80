//! What a blackout means on a studio's clock.

use jiff::{Span, civil::Date, tz::TimeZone};
use kernel::{BlackoutId, RoomId, StudioId};

use crate::{
    interval::Interval,
    local_time::{DAY_MINUTES, closing_instant, local, opening_instant},
};

/// Yearly ones are written out so far ahead: further than any room takes bookings.
pub const YEARS_AHEAD: i16 = 5;

/// The longest one: a year.
const LONGEST_DAYS: i32 = 366;

/// From a day to a day, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    pub first: Date,
    pub last: Date,
    /// Minutes from the first day's midnight; the day's beginning when absent.
    pub from_minute: Option<i32>,
    /// Minutes from the last day's midnight; the day's end when absent.
    pub to_minute: Option<i32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DaysError {
    #[error("the last day is before the first")]
    EndsBeforeStart,
    #[error("the end must be after the start; name the last day where it is another one")]
    EndsBeforeStartOfDay,
    #[error("at most a year")]
    TooLong,
}

impl Days {
    pub fn checked(self) -> Result<Self, DaysError> {
        if self.last < self.first {
            return Err(DaysError::EndsBeforeStart);
        }
        if (self.last - self.first).get_days() >= LONGEST_DAYS {
            return Err(DaysError::TooLong);
        }
        let (from, to) = (self.from_minute.unwrap_or(0), self.to_minute.unwrap_or(DAY_MINUTES));
        if self.first == self.last && to <= from { Err(DaysError::EndsBeforeStartOfDay) } else { Ok(self) }
    }

    /// `None` where the clocks leave nothing of it.
    pub fn interval(self, zone: &TimeZone) -> Option<Interval> {
        let start = opening_instant(local(self.first, self.from_minute.unwrap_or(0))?, zone)?;
        let end = match self.to_minute {
            Some(minute) if minute < DAY_MINUTES => closing_instant(local(self.last, minute)?, zone)?,
            // A day ends where the next one begins, even where midnight comes twice.
            _ => opening_instant(local(self.last, DAY_MINUTES)?, zone)?,
        };
        Interval::new(start, end)
    }

    /// The same days so many years later; what a year lacks of February falls on its 28th.
    fn years_later(self, years: i16) -> Option<Self> {
        let later = |date: Date| date.checked_add(Span::new().years(years)).ok();
        Some(Self { first: later(self.first)?, last: later(self.last)?, ..self })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blackout {
    pub id: BlackoutId,
    pub studio_id: StudioId,
    /// All rooms of the studio when absent.
    pub room_id: Option<RoomId>,
    pub days: Days,
    pub yearly: bool,
    /// Shown to everybody.
    pub reason: Option<String>,
}

impl Blackout {
    /// All it means until a year from which on it is written out later; a past occurrence closes nothing and is left out.
    pub fn periods(&self, zone: &TimeZone, from: Date, until: Date) -> Vec<Interval> {
        if !self.yearly {
            return self.days.interval(zone).into_iter().collect();
        }
        // The one of the year before may reach into this one.
        let first_year = (from.year() - self.days.first.year() - 1).max(0);
        let occurrences = (first_year..).map_while(|years| self.days.years_later(years));
        occurrences.take_while(|days| days.first < until).filter_map(|days| days.interval(zone)).collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::local_time::zone;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn days(first: &str, last: &str, from: Option<i32>, to: Option<i32>) -> Days {
        Days { first: date(first), last: date(last), from_minute: from, to_minute: to }
    }

    fn check(zone_name: &str, days: Days, start: &str, end: &str) {
        let interval = days.checked().unwrap().interval(&zone(zone_name).unwrap()).unwrap();
        assert_eq!((interval.start().to_string(), interval.end().to_string()), (start.to_owned(), end.to_owned()));
    }

    #[test]
    fn days_are_as_long_as_the_clocks_make_them() {
        let day = |day: &str| days(day, day, None, None);
        check("Europe/Berlin", day("2027-12-24"), "2027-12-23T23:00:00Z", "2027-12-24T23:00:00Z");
        check("Europe/Berlin", day("2027-03-28"), "2027-03-27T23:00:00Z", "2027-03-28T22:00:00Z");
        check("Europe/Berlin", day("2027-10-31"), "2027-10-30T22:00:00Z", "2027-10-31T23:00:00Z");
        // Midnight comes twice at the end of this day; the day ends at the first.
        check("America/Havana", day("2027-11-06"), "2027-11-06T04:00:00Z", "2027-11-07T04:00:00Z");
        // A span that ends in the hour which comes twice ends at the second.
        let night = days("2027-10-31", "2027-10-31", Some(60), Some(150));
        check("Europe/Berlin", night, "2027-10-30T23:00:00Z", "2027-10-31T01:30:00Z");
        // Over new year.
        let span = days("2027-12-31", "2028-01-01", Some(18 * 60), Some(12 * 60));
        check("UTC", span, "2027-12-31T18:00:00Z", "2028-01-01T12:00:00Z");
    }

    #[test]
    fn a_blackout_ends_after_it_begins_and_within_a_year() {
        for (days, error) in [
            (days("2027-01-02", "2027-01-01", None, None), DaysError::EndsBeforeStart),
            (days("2027-01-01", "2027-01-01", Some(600), Some(600)), DaysError::EndsBeforeStartOfDay),
            (days("2027-01-01", "2027-01-01", Some(600), Some(540)), DaysError::EndsBeforeStartOfDay),
            (days("2027-01-01", "2028-01-02", None, None), DaysError::TooLong),
        ] {
            assert_eq!(days.checked(), Err(error));
        }
        assert!(days("2027-01-01", "2028-01-01", None, None).checked().is_ok());
    }

    fn yearly(days: Days) -> Blackout {
        let (id, studio_id) = (BlackoutId::new(), StudioId::new());
        Blackout { id, studio_id, room_id: None, days, yearly: true, reason: None }
    }

    #[test]
    fn a_yearly_one_comes_back_from_its_first_year_on() {
        let utc = zone("UTC").unwrap();
        let christmas = yearly(days("2027-12-24", "2027-12-26", None, None));
        let starts = |from: &str, until: &str| -> Vec<String> {
            let periods = christmas.periods(&utc, date(from), date(until));
            periods.iter().map(|period| period.start().to_string()[..10].to_owned()).collect()
        };
        assert_eq!(starts("2027-03-01", "2029-06-01"), ["2027-12-24", "2028-12-24"]);
        // The one of the year before is kept: it might not be over.
        assert_eq!(starts("2030-01-01", "2031-01-01"), ["2029-12-24", "2030-12-24"]);
        let leap =
            yearly(days("2028-02-29", "2028-02-29", None, None)).periods(&utc, date("2028-01-01"), date("2030-01-01"));
        assert_eq!(leap[1].start().to_string(), "2029-02-28T00:00:00Z");
        assert_eq!(leap[1].minutes(), 1440);
    }

    proptest! {
        /// Whole days close exactly the minutes of these dates.
        #[test]
        fn whole_days_are_the_minutes_that_show_their_dates(
            name in prop::sample::select(vec!["Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "America/Santiago"]),
            day in 0_i64..700, length in 0_i64..3,
        ) {
            let zone = zone(name).unwrap();
            let first = date("2027-01-01") + Span::new().days(day);
            let last = first + Span::new().days(length);
            let interval = Days { first, last, from_minute: None, to_minute: None }.interval(&zone).unwrap();
            for (instant, inside) in [
                (interval.start(), true),
                (interval.start() - jiff::SignedDuration::from_mins(1), false),
                (interval.end() - jiff::SignedDuration::from_mins(1), true),
            ] {
                let shown = crate::local_time::date_at(instant, &zone);
                prop_assert_eq!((first..=last).contains(&shown), inside);
            }
        }
    }
}
