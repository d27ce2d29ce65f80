//! Times as clients write them: an instant with any offset, or a studio's wall clock without one.

use jiff::{
    Timestamp,
    civil::DateTime,
    tz::{AmbiguousOffset, TimeZone},
};
use problem::Problem;
use serde::{Deserialize, Deserializer};

/// Years outside of which no booking business happens, and inside of which PostgreSQL and jiff agree.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2999;

/// A date, the letter between, and a time of the day with as many digits as anybody writes.
const LONGEST: usize = 51;

/// A time in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Instant(Timestamp),
    /// To be read on the clock of the room's studio.
    Local(DateTime),
}

/// Why a local time names no single instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LocalTimeError {
    #[error("{0} does not exist in the studio's time zone: the clocks jump over it")]
    Nonexistent(DateTime),
    #[error("{0} exists twice in the studio's time zone: give the offset")]
    Ambiguous(DateTime),
    #[error("the year is out of range")]
    OutOfRange,
}

impl LocalTimeError {
    pub fn at(self, pointer: &str) -> Problem {
        let code = match self {
            Self::Nonexistent(_) => "nonexistent_local_time",
            Self::Ambiguous(_) => "ambiguous_local_time",
            Self::OutOfRange => "validation_failed",
        };
        Problem::invalid(code, format!("{self}.")).at(pointer, self.to_string())
    }
}

/// Whether an instant lies in years that PostgreSQL and jiff both represent.
pub fn is_plausible(instant: Timestamp) -> bool {
    YEARS.contains(&TimeZone::UTC.to_datetime(instant).year())
}

impl When {
    /// The one instant that is meant.
    pub fn resolve(self, zone: &TimeZone) -> Result<Timestamp, LocalTimeError> {
        let local = match self {
            Self::Instant(instant) => return Ok(instant),
            Self::Local(local) => local,
        };
        match zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => {
                offset.to_timestamp(local).map_err(|_| LocalTimeError::OutOfRange)
            }
            AmbiguousOffset::Gap { .. } => Err(LocalTimeError::Nonexistent(local)),
            AmbiguousOffset::Fold { .. } => Err(LocalTimeError::Ambiguous(local)),
        }
    }

    fn parse(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str =
            "expected a time such as 2027-03-28T10:00:00Z, or without an offset for the studio's clock";
        let (date, time) = text.split_once(['T', 't']).ok_or(EXPECTED)?;
        // RFC 3339 only: no signs before the year, no annotations of zones or calendars.
        let is_plain = !time.contains(['[', ' ']);
        if date.len() != 10 || text.len() > LONGEST || !is_plain {
            return Err(EXPECTED);
        }
        let when = if time.contains(['Z', 'z', '+', '-']) {
            Self::Instant(text.parse().map_err(|_| EXPECTED)?)
        } else {
            Self::Local(text.parse().map_err(|_| EXPECTED)?)
        };
        let plausible = match when {
            Self::Instant(instant) => is_plausible(instant),
            Self::Local(local) => YEARS.contains(&local.year()),
        };
        if plausible { Ok(when) } else { Err("expected a year from 1900 to 2999") }
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for When {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .description(Some(
                "RFC 3339 with any offset; without an offset it is read on the clock of the room's studio.",
            ))
            .max_length(Some(LONGEST))
            .examples(["2027-03-28T10:00:00Z", "2027-03-28T12:00:00"])
            .build()
            .into()
    }
}

impl utoipa::ToSchema for When {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_and_local_times_are_told_apart() {
        let utc = Timestamp::constant(1_806_228_000, 0);
        for text in ["2027-03-28T10:00:00Z", "2027-03-28T12:00:00+02:00", "2027-03-28t10:00:00.000z"] {
            assert_eq!(When::parse(text), Ok(When::Instant(utc)), "{text}");
        }
        let local = jiff::civil::datetime(2027, 3, 28, 12, 0, 0, 0);
        for text in ["2027-03-28T12:00:00", "2027-03-28T12:00"] {
            assert_eq!(When::parse(text), Ok(When::Local(local)), "{text}");
        }
        for text in [
            "",
            "2027-03-28",
            "12:00",
            "2027-03-28 12:00:00",
            "2027-02-30T12:00:00Z",
            "2027-03-28T25:00:00Z",
            "now",
            "2027-03-28T12:00:00[Europe/Berlin]",
            "2027-03-28T10:00:00+99:00",
            "0001-01-01T00:00:00Z",
            "1806229200",
            "-009999-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "2027-03-28T12:00:00+02:00[Europe/Berlin]",
        ] {
            assert!(When::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn local_times_that_name_no_single_instant_are_refused() {
        let berlin = crate::local_time::zone("Europe/Berlin").unwrap();
        let resolve = |text: &str| When::parse(text).unwrap().resolve(&berlin);
        assert!(matches!(resolve("2027-03-28T02:30:00"), Err(LocalTimeError::Nonexistent(_))));
        assert!(matches!(resolve("2027-10-31T02:30:00"), Err(LocalTimeError::Ambiguous(_))));
        assert_eq!(resolve("2027-10-31T02:30:00+02:00").unwrap().to_string(), "2027-10-31T00:30:00Z");
        assert_eq!(resolve("2027-10-31T03:00:00").unwrap().to_string(), "2027-10-31T02:00:00Z");
    }
}
