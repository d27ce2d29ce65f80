//! A studio's clock: zones, local times that clients write, and weekly rules expanded to instants.
//!
//! Everything here is a pure function of a zone and a local time. Nothing adds hours to a wall clock: a local date has
//! 23, 24, 25 or 23.5 hours, whatever its zone says, and lengths are elapsed time between instants.

#[cfg(test)]
mod all_zones;
mod input;
mod weekly;

pub use input::{LocalTimeError, When, is_plausible};
pub(crate) use weekly::local;
pub use weekly::{ClockTime, DAY_MINUTES, Weekday, WeeklySpan, expand};

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    fmt::temporal::DateTimePrinter,
    tz::{AmbiguousOffset, TimeZone},
};

/// The zone of an IANA name, in whatever case; `None` where there is none. Zones without rules of their own, such as
/// `Etc/Unknown`, are none.
pub fn zone(name: &str) -> Option<TimeZone> {
    let zone = TimeZone::get(name).ok()?;
    (zone.iana_name().is_some() && !zone.is_unknown()).then_some(zone)
}

/// The zone of a name that was checked when it was stored. A zone that left the database since counts as UTC, which
/// shows in every answer; the row is not lost.
pub fn stored_zone(name: &str) -> TimeZone {
    zone(name).unwrap_or_else(|| {
        tracing::error!(zone = name, "a stored time zone is not in the time zone database");
        TimeZone::UTC
    })
}

/// `2027-03-28T01:00:00+01:00`.
pub fn display(instant: Timestamp, zone: &TimeZone) -> String {
    DateTimePrinter::new().timestamp_with_offset_to_string(&instant, zone.to_offset(instant))
}

/// The local date at an instant.
pub fn date_at(instant: Timestamp, zone: &TimeZone) -> Date {
    zone.to_datetime(instant).date()
}

/// When something that opens at a local time begins: in a gap at the first instant after it, twice at the first.
pub fn opening_instant(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    bound(local, zone, Fold::First)
}

/// When something that closes at a local time ends: in a gap at the first instant after it, twice at the second.
pub fn closing_instant(local: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    bound(local, zone, Fold::Second)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fold {
    First,
    Second,
}

/// `None` only where the instant is outside the years that can be represented.
fn bound(local: DateTime, zone: &TimeZone, fold: Fold) -> Option<Timestamp> {
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
        AmbiguousOffset::Fold { before, after } => {
            let offset = if fold == Fold::First { before } else { after };
            offset.to_timestamp(local).ok()
        }
        AmbiguousOffset::Gap { before, after } => {
            // Read with the later offset, a time inside the gap lies before the change. A zone may also list changes
            // of name only, so look for the one that brings the new offset.
            let earlier = after.to_timestamp(local).ok()?;
            let change = zone.following(earlier).take(4).find(|change| change.offset() == after);
            change.map(|change| change.timestamp()).or_else(|| before.to_timestamp(local).ok())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, local: &str, opens: &str, closes: &str) {
        let (zone, local) = (zone(name).unwrap(), local.parse::<DateTime>().unwrap());
        assert_eq!(opening_instant(local, &zone).unwrap().to_string(), opens, "{name} {local} opens");
        assert_eq!(closing_instant(local, &zone).unwrap().to_string(), closes, "{name} {local} closes");
    }

    #[test]
    fn bounds_in_a_gap_mean_the_first_instant_after_it() {
        for minute in ["02:00", "02:30", "02:59"] {
            let local = format!("2027-03-28T{minute}:00");
            check("Europe/Berlin", &local, "2027-03-28T01:00:00Z", "2027-03-28T01:00:00Z");
        }
        // Half an hour only: 02:00 becomes 02:30.
        check("Australia/Lord_Howe", "2027-10-03T02:15:00", "2027-10-02T15:30:00Z", "2027-10-02T15:30:00Z");
        // Midnight does not exist.
        check("America/Santiago", "2027-09-05T00:00:00", "2027-09-05T04:00:00Z", "2027-09-05T04:00:00Z");
        // A whole day does not exist.
        check("Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z");
    }

    #[test]
    fn ambiguous_bounds_open_at_the_first_and_close_at_the_second() {
        check("Europe/Berlin", "2027-10-31T02:30:00", "2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z");
        check("Europe/London", "2027-10-31T01:00:00", "2027-10-31T00:00:00Z", "2027-10-31T01:00:00Z");
        // The second 02:00 is no longer ambiguous at 03:00.
        check("Europe/Berlin", "2027-10-31T03:00:00", "2027-10-31T02:00:00Z", "2027-10-31T02:00:00Z");
    }

    #[test]
    fn only_names_of_the_database_are_zones() {
        for name in ["Europe/Berlin", "europe/berlin", "UTC", "America/Argentina/Buenos_Aires"] {
            assert!(zone(name).is_some(), "{name}");
        }
        assert_eq!(zone("europe/berlin").unwrap().iana_name(), Some("Europe/Berlin"));
        for name in ["", "Berlin", "Etc/Unknown", "+01:00", "CET-1CEST", "Europe/Berlin ", "../etc/passwd", "a\0b"] {
            assert!(zone(name).is_none(), "{name:?}");
        }
    }

    #[test]
    fn instants_are_shown_with_the_offset_of_their_zone() {
        let berlin = zone("Europe/Berlin").unwrap();
        assert_eq!(display("2027-03-28T00:00:00Z".parse().unwrap(), &berlin), "2027-03-28T01:00:00+01:00");
        assert_eq!(display("2027-03-28T01:00:00Z".parse().unwrap(), &berlin), "2027-03-28T03:00:00+02:00");
    }
}
