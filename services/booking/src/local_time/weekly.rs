//! Rules of a week (openings, peak windows): which instants they mean on which dates.

use jiff::{
    Span,
    civil::{Date, DateTime},
    tz::TimeZone,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{closing_instant, date_at, opening_instant};
use crate::interval::Interval;

pub const DAY_MINUTES: i32 = 24 * 60;

/// A day of the week, as clients write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    pub const ALL: [Self; 7] =
        [Self::Monday, Self::Tuesday, Self::Wednesday, Self::Thursday, Self::Friday, Self::Saturday, Self::Sunday];

    /// 0 for Monday.
    pub fn index(self) -> i16 {
        self as i16
    }

    pub fn from_index(index: i16) -> Option<Self> {
        usize::try_from(index).ok().and_then(|index| Self::ALL.get(index).copied())
    }

    pub fn of(date: Date) -> Self {
        Self::ALL[usize::from(date.weekday().to_monday_zero_offset().unsigned_abs()) % 7]
    }
}

/// A time on the wall clock, `"00:00"` to `"24:00"`, as minutes since midnight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClockTime(i16);

impl ClockTime {
    pub fn from_minutes(minutes: i32) -> Option<Self> {
        let minutes = i16::try_from(minutes).ok()?;
        (0..=1440).contains(&minutes).then_some(Self(minutes))
    }

    pub fn minutes(self) -> i32 {
        self.0.into()
    }

    fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.split_once(':')?;
        let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(hours) || !digits(minutes) {
            return None;
        }
        let (hours, minutes) = (hours.parse::<i32>().ok()?, minutes.parse::<i32>().ok()?);
        if minutes > 59 { None } else { Self::from_minutes(hours * 60 + minutes) }
    }
}

impl std::fmt::Display for ClockTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for ClockTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClockTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("expected a time from 00:00 to 24:00"))
    }
}

impl utoipa::PartialSchema for ClockTime {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$"))
            .examples(["10:00"])
            .build()
            .into()
    }
}

impl utoipa::ToSchema for ClockTime {}

/// A stretch of every week on the wall clock. Minutes count from midnight of its weekday; an end past 1440 lies on the
/// next day. At most a day long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeeklySpan {
    pub weekday: Weekday,
    pub from_minute: i32,
    pub to_minute: i32,
}

impl WeeklySpan {
    /// An end at or before the start means the next day; `00:00` to `24:00` is all day. `None` when it would start at
    /// 24:00, which is the next day's 00:00.
    pub fn new(weekday: Weekday, from: ClockTime, to: ClockTime) -> Option<Self> {
        let (from_minute, to_minute) = (from.minutes(), to.minutes());
        if from_minute == DAY_MINUTES {
            return None;
        }
        let to_minute = if to_minute <= from_minute { to_minute + DAY_MINUTES } else { to_minute };
        Some(Self { weekday, from_minute, to_minute })
    }

    pub fn from(self) -> ClockTime {
        ClockTime(i16::try_from(self.from_minute % DAY_MINUTES).unwrap_or_default())
    }

    /// As it was written: `24:00` for the end of the day itself.
    pub fn to(self) -> ClockTime {
        let minutes = if self.to_minute > DAY_MINUTES { self.to_minute - DAY_MINUTES } else { self.to_minute };
        ClockTime(i16::try_from(minutes).unwrap_or_default())
    }

    /// What the rule means for one date; `None` where the clocks leave nothing of it.
    pub fn on(self, date: Date, zone: &TimeZone) -> Option<Interval> {
        let start = opening_instant(local(date, self.from_minute)?, zone)?;
        let end = closing_instant(local(date, self.to_minute)?, zone)?;
        Interval::new(start, end)
    }
}

/// The wall clock `minute` minutes of clock face after a date's midnight.
pub(crate) fn local(date: Date, minute: i32) -> Option<DateTime> {
    let date = date.checked_add(Span::new().days(minute.div_euclid(DAY_MINUTES))).ok()?;
    let minute = minute.rem_euclid(DAY_MINUTES);
    let (hour, minute) = (i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?);
    Some(date.at(hour, minute, 0, 0))
}

/// All occurrences that overlap a window: the index of the rule and what it means there, by start.
pub fn expand(rules: &[WeeklySpan], zone: &TimeZone, window: Interval) -> Vec<(usize, Interval)> {
    // A rule reaches into the day after the next at most, and a zone may jump a day over the date line.
    let first = date_at(window.start(), zone).checked_sub(Span::new().days(3)).unwrap_or(Date::MIN);
    let last = date_at(window.end(), zone).checked_add(Span::new().days(1)).unwrap_or(Date::MAX);
    let mut occurrences = Vec::new();
    for date in first.series(Span::new().days(1)).take_while(|date| *date <= last) {
        let weekday = Weekday::of(date);
        for (index, rule) in rules.iter().enumerate().filter(|(_, rule)| rule.weekday == weekday) {
            let occurrence = rule.on(date, zone).filter(|interval| interval.overlaps(window));
            occurrences.extend(occurrence.map(|interval| (index, interval)));
        }
    }
    occurrences.sort_unstable_by_key(|(index, interval)| (*interval, *index));
    occurrences
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::local_time::zone;

    fn clock(text: &str) -> ClockTime {
        ClockTime::parse(text).unwrap()
    }

    fn span(weekday: Weekday, from: &str, to: &str) -> WeeklySpan {
        WeeklySpan::new(weekday, clock(from), clock(to)).unwrap()
    }

    #[test]
    fn clock_times_are_two_digits_each_from_00_00_to_24_00() {
        for text in ["00:00", "09:30", "23:59", "24:00"] {
            assert_eq!(clock(text).to_string(), text);
        }
        for text in ["24:01", "9:30", "09:60", "25:00", "-1:00", "0930", "", "09:3", "+9:30", "09:30:00"] {
            assert!(ClockTime::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_span_that_ends_at_or_before_its_start_reaches_into_the_next_day() {
        let over_midnight = span(Weekday::Friday, "10:00", "02:00");
        assert_eq!((over_midnight.to_minute, over_midnight.to().to_string()), (26 * 60, "02:00".to_owned()));
        let all_day = span(Weekday::Friday, "00:00", "24:00");
        assert_eq!((all_day.to_minute, all_day.to().to_string()), (1440, "24:00".to_owned()));
        assert_eq!(span(Weekday::Friday, "00:00", "00:00").to_minute, 1440);
        assert!(WeeklySpan::new(Weekday::Friday, clock("24:00"), clock("02:00")).is_none());
    }

    /// Length of an all-day rule in minutes: what a date really has.
    fn check_day(name: &str, date: &str, minutes: i64) {
        let (zone, date) = (zone(name).unwrap(), date.parse::<Date>().unwrap());
        let day = span(Weekday::of(date), "00:00", "24:00").on(date, &zone).unwrap();
        assert_eq!(day.minutes(), minutes, "{name} {date}");
    }

    #[test]
    fn a_day_has_as_many_hours_as_its_zone_says() {
        check_day("Europe/Berlin", "2027-03-27", 24 * 60);
        check_day("Europe/Berlin", "2027-03-28", 23 * 60);
        check_day("Europe/Berlin", "2027-10-31", 25 * 60);
        check_day("Australia/Lord_Howe", "2027-10-03", 23 * 60 + 30);
        check_day("Australia/Lord_Howe", "2027-04-04", 24 * 60 + 30);
        // Midnight does not exist on this day: it begins at 01:00.
        check_day("America/Santiago", "2027-09-05", 23 * 60);
    }

    #[test]
    fn a_rule_inside_a_gap_vanishes_on_that_date_only() {
        let berlin = zone("Europe/Berlin").unwrap();
        let nightly = span(Weekday::Sunday, "02:00", "03:00");
        assert_eq!(nightly.on("2027-03-28".parse().unwrap(), &berlin), None);
        assert_eq!(nightly.on("2027-03-21".parse().unwrap(), &berlin).unwrap().minutes(), 60);
        assert_eq!(nightly.on("2027-10-31".parse().unwrap(), &berlin).unwrap().minutes(), 120);
    }

    #[test]
    fn expansion_finds_what_began_the_day_before() {
        let berlin = zone("Europe/Berlin").unwrap();
        let rules = [span(Weekday::Friday, "18:00", "02:00")];
        let saturday = "2027-03-06T00:30:00+01:00[Europe/Berlin]".parse::<jiff::Zoned>().unwrap().timestamp();
        let window = Interval::new(saturday, saturday + jiff::SignedDuration::from_mins(1)).unwrap();
        let found = expand(&rules, &berlin, window);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].1.minutes(), 8 * 60);
    }

    fn any_zone() -> impl Strategy<Value = TimeZone> {
        let names = [
            "Europe/Berlin",
            "Europe/London",
            "America/New_York",
            "America/Santiago",
            "Australia/Lord_Howe",
            "Africa/Casablanca",
            "Asia/Kathmandu",
            "Pacific/Apia",
            "America/Havana",
            "Africa/Cairo",
            "UTC",
        ];
        prop::sample::select(names.to_vec()).prop_map(|name| zone(name).unwrap())
    }

    proptest! {
        /// The wall clock shown inside an occurrence lies inside the rule, unless the clocks were changed there.
        #[test]
        fn an_instant_is_inside_a_rule_when_its_wall_clock_is(
            zone in any_zone(), second in 1_790_000_000_i64..1_860_000_000, from in 0_i32..1440, length in 1_i32..=1440,
        ) {
            let instant = Timestamp::from_second(second / 60 * 60).unwrap();
            let local = zone.to_datetime(instant);
            // Clear of a change of the clocks within a day to either side, so that wall clock and elapsed time agree.
            let day = jiff::SignedDuration::from_hours(50);
            prop_assume!(zone.to_offset(instant - day) == zone.to_offset(instant + day));
            let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
            let rules: Vec<WeeklySpan> = Weekday::ALL
                .map(|weekday| WeeklySpan { weekday, from_minute: from, to_minute: from + length }).to_vec();
            let window = Interval::new(instant, instant + jiff::SignedDuration::from_secs(1)).unwrap();
            let inside = !expand(&rules, &zone, window).is_empty();
            let expected = (from..from + length).contains(&minute) || (from..from + length).contains(&(minute + 1440));
            prop_assert_eq!(inside, expected);
        }

        /// All days of the week, all day: every instant of every zone is in exactly one day, also over changes.
        #[test]
        fn all_day_rules_cover_time_without_gaps(zone in any_zone(), second in 1_790_000_000_i64..1_860_000_000) {
            let start = Timestamp::from_second(second).unwrap();
            let window = Interval::new(start, start + jiff::SignedDuration::from_hours(72)).unwrap();
            let rules: Vec<WeeklySpan> = Weekday::ALL
                .map(|weekday| WeeklySpan { weekday, from_minute: 0, to_minute: DAY_MINUTES }).to_vec();
            let days = expand(&rules, &zone, window).into_iter().map(|(_, interval)| interval).collect();
            let joined = crate::interval::joined(days);
            prop_assert_eq!(joined.len(), 1);
            prop_assert!(joined[0].covers(window));
        }
    }
}
