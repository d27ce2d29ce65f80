//! Recurrence rules (RFC 5545, section 3.3.10) on a wall clock.

use std::borrow::Cow;

use chrono::{Datelike, TimeZone as _, Timelike};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use rrule::{Frequency, RRule, Tz, Unvalidated};

/// A year of weeks, and some.
pub const MAX_OCCURRENCES: usize = 60;

const MAX_LENGTH: usize = 500;

/// Why a rule is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error("expected a recurrence rule such as FREQ=WEEKLY;COUNT=10: {0}")]
    Unreadable(String),
    #[error("the rule recurs daily, weekly, monthly or yearly, at one time of the day")]
    TooFine,
    #[error("the rule needs an end: COUNT or UNTIL")]
    Endless,
    #[error("a series has at most {MAX_OCCURRENCES} dates")]
    TooMany,
    #[error("the first date does not fit the rule")]
    FirstDoesNotFit,
    #[error("the dates lie too far ahead")]
    TooFar,
}

/// The wall-clock times a rule means, from the first one on, in their order. The rule is reckoned as RFC 5545 says, on
/// the clock's face: no change of the clocks moves a date. `UNTIL` is inclusive; without a zone it is the studio's time.
pub fn expand(rule: &str, first: DateTime, zone: &TimeZone) -> Result<Vec<DateTime>, RuleError> {
    let text = on_the_clocks_face(rule, zone)?;
    let parsed: RRule<Unvalidated> = text.parse().map_err(|error| unreadable(&error))?;
    check(&parsed)?;
    let start = faced(first).ok_or(RuleError::FirstDoesNotFit)?;
    let set = parsed.build(start).map_err(|error| unreadable(&error))?;
    let most = u16::try_from(MAX_OCCURRENCES + 1).unwrap_or(u16::MAX);
    let found = set.all(most).dates;
    if found.len() > MAX_OCCURRENCES {
        return Err(RuleError::TooMany);
    }
    let dates: Option<Vec<DateTime>> = found.into_iter().map(civil).collect();
    let dates = dates.ok_or(RuleError::TooFar)?;
    if dates.first() == Some(&first) { Ok(dates) } else { Err(RuleError::FirstDoesNotFit) }
}

fn unreadable(error: &rrule::RRuleError) -> RuleError {
    // Its text may quote what was sent, whatever that is.
    let plain = error.to_string().chars().filter(|c| !c.is_control()).take(200).collect();
    RuleError::Unreadable(plain)
}

fn check(rule: &RRule<Unvalidated>) -> Result<(), RuleError> {
    let coarse =
        matches!(rule.get_freq(), Frequency::Daily | Frequency::Weekly | Frequency::Monthly | Frequency::Yearly);
    let once_a_day =
        rule.get_by_hour().is_empty() && rule.get_by_minute().is_empty() && rule.get_by_second().is_empty();
    if !coarse || !once_a_day {
        return Err(RuleError::TooFine);
    }
    if rule.get_count().is_none() && rule.get_until().is_none() { Err(RuleError::Endless) } else { Ok(()) }
}

/// The rule with its `UNTIL` on the face of the studio's clock, written as if it were UTC: what the whole reckoning is
/// done in.
fn on_the_clocks_face(rule: &str, zone: &TimeZone) -> Result<String, RuleError> {
    let rule = rule.trim();
    if rule.len() > MAX_LENGTH || !rule.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(RuleError::Unreadable("too long, or not of ASCII characters".to_owned()));
    }
    let upper = rule.to_ascii_uppercase();
    let parts = upper.strip_prefix("RRULE:").unwrap_or(&upper).split(';').filter(|part| !part.is_empty());
    let mut faced = Vec::new();
    for part in parts {
        faced.push(match part.strip_prefix("UNTIL=") {
            Some(until) => Cow::Owned(format!("UNTIL={}", until_on_the_face(until, zone)?)),
            None => Cow::Borrowed(part),
        });
    }
    Ok(faced.join(";"))
}

/// `20270601` is that whole day, `20270601T180000` the studio's time, `20270601T160000Z` an instant.
fn until_on_the_face(until: &str, zone: &TimeZone) -> Result<String, RuleError> {
    if !until.contains('T') {
        return Ok(format!("{until}T235959Z"));
    }
    let Some(instant) = until.strip_suffix('Z') else { return Ok(format!("{until}Z")) };
    let unreadable = |_| RuleError::Unreadable("UNTIL is not a time".to_owned());
    let utc = DateTime::strptime("%Y%m%dT%H%M%S", instant).map_err(unreadable)?;
    let instant: Timestamp = TimeZone::UTC.to_timestamp(utc).map_err(unreadable)?;
    Ok(zone.to_datetime(instant).strftime("%Y%m%dT%H%M%SZ").to_string())
}

/// A wall-clock time as chrono has it; its zone means nothing.
fn faced(local: DateTime) -> Option<chrono::DateTime<Tz>> {
    let part = |value: i8| u32::try_from(value).unwrap_or_default();
    Tz::UTC
        .with_ymd_and_hms(
            local.year().into(),
            part(local.month()),
            part(local.day()),
            part(local.hour()),
            part(local.minute()),
            part(local.second()),
        )
        .single()
}

fn civil(date: chrono::DateTime<Tz>) -> Option<DateTime> {
    let part = |value: u32| i8::try_from(value).ok();
    let year = i16::try_from(date.year()).ok().filter(|year| *year < 3000)?;
    let (hour, minute, second) = (part(date.hour())?, part(date.minute())?, part(date.second())?);
    DateTime::new(year, part(date.month())?, part(date.day())?, hour, minute, second, 0).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::local_time::zone;

    fn dates(rule: &str, first: &str) -> Result<Vec<String>, RuleError> {
        let berlin = zone("Europe/Berlin").unwrap();
        let dates = expand(rule, first.parse().unwrap(), &berlin)?;
        Ok(dates.into_iter().map(|date| date.strftime("%m-%d %H:%M").to_string()).collect())
    }

    #[test]
    fn a_week_is_a_week_on_the_clocks_face() {
        let weekly = dates("FREQ=WEEKLY;COUNT=3", "2027-03-23T19:00:00").unwrap();
        assert_eq!(weekly, ["03-23 19:00", "03-30 19:00", "04-06 19:00"]);
        let two_days = dates("RRULE:FREQ=WEEKLY;BYDAY=TU,TH;COUNT=4", "2027-03-23T19:00:00").unwrap();
        assert_eq!(two_days, ["03-23 19:00", "03-25 19:00", "03-30 19:00", "04-01 19:00"]);
        let last = dates("FREQ=MONTHLY;BYDAY=-1FR;COUNT=3", "2027-01-29T10:00:00").unwrap();
        assert_eq!(last, ["01-29 10:00", "02-26 10:00", "03-26 10:00"]);
        let thirty_first = dates("FREQ=MONTHLY;COUNT=3", "2027-01-31T10:00:00").unwrap();
        assert_eq!(thirty_first, ["01-31 10:00", "03-31 10:00", "05-31 10:00"]);
    }

    #[test]
    fn the_end_is_inclusive_and_the_studios_own() {
        let until = |until: &str| dates(&format!("FREQ=DAILY;UNTIL={until}"), "2027-03-26T19:00:00").unwrap().len();
        assert_eq!(until("20270328"), 3);
        assert_eq!(until("20270328T190000"), 3);
        assert_eq!(until("20270328T185959"), 2);
        // 19:00 in Berlin is 17:00 in UTC on that day: the clocks have changed.
        assert_eq!(until("20270328T170000Z"), 3);
        assert_eq!(until("20270328T165959Z"), 2);
    }

    #[test]
    fn rules_without_end_or_sense_are_refused() {
        let check = |rule: &str| dates(rule, "2027-03-23T19:00:00").unwrap_err();
        assert_eq!(check("FREQ=WEEKLY"), RuleError::Endless);
        assert_eq!(check("FREQ=DAILY;COUNT=61"), RuleError::TooMany);
        assert_eq!(check("FREQ=DAILY;UNTIL=29990101"), RuleError::TooMany);
        assert_eq!(check("FREQ=YEARLY;INTERVAL=900;COUNT=3"), RuleError::TooFar);
        assert_eq!(check("FREQ=HOURLY;COUNT=3"), RuleError::TooFine);
        assert_eq!(check("FREQ=DAILY;BYHOUR=9,10;COUNT=3"), RuleError::TooFine);
        assert_eq!(check("FREQ=WEEKLY;BYDAY=MO;COUNT=3"), RuleError::FirstDoesNotFit);
        let long = format!("FREQ=WEEKLY;COUNT=3;BYMONTH={}", "1,".repeat(400));
        for rule in
            ["", "often", "FREQ=SOMETIMES;COUNT=3", "FREQ=WEEKLY;COUNT=x", "FREQ=WEEKLY;UNTIL=soonT", "ä", &long]
        {
            assert!(matches!(check(rule), RuleError::Unreadable(_)), "{rule}");
        }
        // A rule that never comes true ends, too.
        let never = dates("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", "2027-03-23T19:00:00");
        assert!(never.is_err());
    }

    fn any_part() -> impl Strategy<Value = String> {
        let day = prop::sample::select(vec!["MO", "TU", "SU", "1FR", "-1WE", "53MO", "XX"]);
        prop_oneof![
            (0_i32..5).prop_map(|interval| format!("INTERVAL={interval}")),
            (-1_i32..70).prop_map(|count| format!("COUNT={count}")),
            prop::collection::vec(day, 1..3).prop_map(|days| format!("BYDAY={}", days.join(","))),
            (-40_i32..40).prop_map(|day| format!("BYMONTHDAY={day}")),
            (-2_i32..15).prop_map(|month| format!("BYMONTH={month}")),
            (-60_i32..60).prop_map(|week| format!("BYWEEKNO={week}")),
            (-400_i32..400).prop_map(|day| format!("BYYEARDAY={day}")),
            (-5_i32..5).prop_map(|position| format!("BYSETPOS={position}")),
            "UNTIL=20[0-9]{4}[0-3][0-9](T[0-2][0-9]0000Z?)?".prop_map(|until| until),
            "[A-Z]{0,6}=?[-0-9A-Z,]{0,8}".prop_map(|part| part),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Whatever is sent: dates in their order, the first one first and not too many, or a refusal.
        #[test]
        fn rules_of_strangers_make_dates_or_are_refused(
            frequency in prop::sample::select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "HOURLY", ""]),
            parts in prop::collection::vec(any_part(), 0..5),
        ) {
            let first: DateTime = "2027-03-23T19:00:00".parse().unwrap();
            let rule = format!("FREQ={frequency};{}", parts.join(";"));
            if let Ok(dates) = expand(&rule, first, &zone("Europe/Berlin").unwrap()) {
                prop_assert!(dates.len() <= MAX_OCCURRENCES && dates[0] == first, "{rule}");
                prop_assert!(dates.windows(2).all(|pair| pair[0] < pair[1]), "{rule}");
            }
        }
    }
}
