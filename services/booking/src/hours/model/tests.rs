use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::local_time::{ClockTime, zone};

fn span(weekday: Weekday, from_minute: i32, to_minute: i32) -> WeeklySpan {
    WeeklySpan { weekday, from_minute, to_minute }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn between(start: &str, end: &str) -> Interval {
    Interval::new(at(start), at(end)).unwrap()
}

fn all_day() -> Hours {
    Hours::new(Weekday::ALL.map(|weekday| span(weekday, 0, 1440)).to_vec()).unwrap()
}

#[test]
fn overlapping_spans_are_refused_also_over_the_weeks_end() {
    let friday_night = span(Weekday::Friday, 18 * 60, 26 * 60);
    let saturday = |from| span(Weekday::Saturday, from * 60, 12 * 60);
    assert_eq!(Hours::new(vec![friday_night, saturday(1)]), Err(Overlap(0, 1)));
    assert!(Hours::new(vec![friday_night, saturday(2)]).is_ok());
    let sunday_night = span(Weekday::Sunday, 20 * 60, 28 * 60);
    assert_eq!(Hours::new(vec![span(Weekday::Monday, 180, 600), sunday_night]), Err(Overlap(0, 1)));
    assert!(Hours::new(vec![span(Weekday::Monday, 240, 600), sunday_night]).is_ok());
    assert_eq!(Hours::new(vec![friday_night, friday_night]), Err(Overlap(0, 1)));
}

#[test]
fn openings_that_touch_are_one() {
    let berlin = zone("Europe/Berlin").unwrap();
    // Over midnight in a studio that never closes, also when the clocks change in that night.
    for interval in [
        between("2027-03-10T22:00:00Z", "2027-03-11T02:00:00Z"),
        between("2027-03-27T22:00:00Z", "2027-03-28T02:00:00Z"),
        between("2027-10-30T21:00:00Z", "2027-10-31T03:00:00Z"),
    ] {
        assert!(all_day().around(interval, &berlin).cover(interval), "{interval:?}");
    }
    let daytime = Hours::new(vec![span(Weekday::Wednesday, 600, 1320)]).unwrap();
    let late = between("2027-03-10T20:00:00Z", "2027-03-10T22:00:00Z");
    assert!(!daytime.around(late, &berlin).cover(late));
}

#[test]
fn steps_count_elapsed_time_from_the_opening() {
    let berlin = zone("Europe/Berlin").unwrap();
    let hours = Hours::new(vec![span(Weekday::Sunday, 30, 1440)]).unwrap();
    // 00:30 + 2 h elapsed is 03:30 on the day the clocks jump.
    let day = between("2027-03-27T23:30:00Z", "2027-03-28T20:00:00Z");
    let openings = hours.around(day, &berlin);
    assert!(openings.on_step(at("2027-03-28T01:30:00Z"), 60));
    assert!(!openings.on_step(at("2027-03-28T01:00:00Z"), 60));
    assert!(openings.on_step(at("2027-03-28T01:00:00Z"), 45));
    assert!(!openings.on_step(at("2027-03-27T23:00:00Z"), 30), "before the opening there is no step");
}

#[test]
fn a_week_without_a_break_is_one_opening() {
    let always = UnbrokenOpening { weekday: Weekday::Monday, opens: 0, closes: ALWAYS_OPEN_MINUTES };
    assert_eq!(all_day().unbroken_in_week(), [always]);
    let weekend = Hours::new(vec![
        span(Weekday::Saturday, 600, 1440),
        span(Weekday::Sunday, 0, 1440),
        span(Weekday::Monday, 0, 120),
        span(Weekday::Wednesday, 600, 900),
    ]);
    let expected = [
        UnbrokenOpening { weekday: Weekday::Wednesday, opens: 600, closes: 900 },
        UnbrokenOpening { weekday: Weekday::Saturday, opens: 600, closes: 2 * 1440 + 120 },
    ];
    assert_eq!(weekend.unwrap().unbroken_in_week(), expected);
}

prop_compose! {
    fn any_span()(day in 0_i16..7, from in 0_i32..96, length in 1_i32..=96) -> WeeklySpan {
        span(Weekday::from_index(day).unwrap(), from * 15, from * 15 + length * 15)
    }
}

fn any_hours() -> impl Strategy<Value = Hours> {
    prop::collection::vec(any_span(), 0..8).prop_map(|spans| {
        let mut kept: Vec<WeeklySpan> = Vec::new();
        for span in spans {
            let mut more = kept.clone();
            more.push(span);
            if Hours::new(more.clone()).is_ok() {
                kept = more;
            }
        }
        Hours::new(kept).unwrap()
    })
}

fn any_zone() -> impl Strategy<Value = jiff::tz::TimeZone> {
    let names = [
        "Europe/Berlin",
        "America/New_York",
        "America/Santiago",
        "Australia/Lord_Howe",
        "America/Havana",
        "Africa/Cairo",
        "Asia/Kathmandu",
        "UTC",
    ];
    prop::sample::select(names.to_vec()).prop_map(|name| zone(name).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Search and booking must agree on whether a studio is open.
    #[test]
    fn search_conditions_agree_with_expanded_openings(
        hours in any_hours(), zone in any_zone(), quarter in 0_i64..35_000, minutes in 1_i64..2_880,
    ) {
        let start = at("2027-01-01T00:00:00Z") + SignedDuration::from_mins(quarter * 15);
        let interval = Interval::new(start, start + SignedDuration::from_mins(minutes)).unwrap();
        let open = hours.around(interval, &zone).cover(interval);
        let this_week = WeekMinutes::of(interval, &zone);
        let found = hours.unbroken_in_week().iter().any(|opening| {
            let midnight = i32::from(opening.weekday.index()) * 1440;
            [this_week, this_week.a_week_on()].iter().any(|week| {
                midnight + opening.opens <= week.opens_at_most && midnight + opening.closes >= week.closes_at_least
            })
        });
        prop_assert_eq!(open, found);
    }

    /// Written out and read back, a span is the same.
    #[test]
    fn spans_survive_being_written(span in any_span()) {
        let (from, to): (ClockTime, ClockTime) = (span.from(), span.to());
        prop_assert_eq!(WeeklySpan::new(span.weekday, from, to), Some(span));
    }
}
