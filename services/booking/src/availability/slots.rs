//! The starts of a day that can be had.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Span, Timestamp, civil::Date, tz::TimeZone};

use super::model::RoomCalendar;
use crate::{
    interval::{Interval, any_overlaps, joined},
    local_time::{self, opening_instant},
};

/// All of a local date, which may be 23 hours or 25; `None` for a date that a zone skips.
pub fn day(date: Date, zone: &TimeZone) -> Option<Interval> {
    let midnight = |date: Date| opening_instant(date.at(0, 0, 0, 0), zone);
    Interval::new(midnight(date)?, midnight(date.checked_add(Span::new().days(1)).ok()?)?)
}

/// Every free interval of that length which starts on the local date, on a step, inside one opening.
pub fn free_slots(
    calendar: &RoomCalendar,
    day: Interval,
    minutes: i64,
    busy: &[Interval],
    now: Timestamp,
) -> Vec<Interval> {
    let settings = &calendar.room.settings;
    if minutes < i64::from(settings.min_duration_minutes) || minutes > settings.longest_minutes() {
        return Vec::new();
    }
    let window = day.extended(i32::try_from(minutes).unwrap_or(i32::MAX));
    let openings = calendar.hours.around(window, &calendar.zone);
    let step = SignedDuration::from_mins(settings.slot_step_minutes.max(1).into());
    // Where the clocks are set back, one opening's end may overlap the next one's beginning: a start counts once.
    let mut starts = BTreeSet::new();
    for span in openings.spans().iter().filter(|span| span.overlaps(day)) {
        let steps = std::iter::successors(Some(span.start()), |start| start.checked_add(step).ok());
        starts.extend(steps.take_while(|start| *start < span.end()).filter(|start| day.contains(*start)));
    }
    let taken = joined(busy.iter().chain(&calendar.blackouts).copied().collect());
    let date = local_time::date_at(day.start(), &calendar.zone);
    starts
        .into_iter()
        .filter(|start| local_time::date_at(*start, &calendar.zone) == date)
        .filter(|start| calendar.bad_start(*start, now).is_none())
        .filter_map(|start| Interval::new(start, start.checked_add(SignedDuration::from_mins(minutes)).ok()?))
        .filter(|slot| openings.cover(*slot))
        .filter(|slot| !any_overlaps(&taken, calendar.occupied_by(*slot)))
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        availability::model::tests::{at, calendar, interval},
        hours::model::Hours,
        local_time::{Weekday, WeeklySpan, zone},
    };

    fn slots(calendar: &RoomCalendar, date: &str, minutes: i64, busy: &[Interval]) -> Vec<String> {
        let day = day(date.parse().unwrap(), &calendar.zone).unwrap();
        let slots = free_slots(calendar, day, minutes, busy, at("2027-03-01T09:00:00Z"));
        slots.iter().map(|slot| local_time::display(slot.start(), &calendar.zone)).collect()
    }

    fn all_day(name: &str) -> RoomCalendar {
        let mut calendar = calendar();
        calendar.zone = zone(name).unwrap();
        calendar.room.settings.max_advance_days = 1000;
        let spans = Weekday::ALL.map(|weekday| WeeklySpan { weekday, from_minute: 0, to_minute: 1440 });
        calendar.hours = Hours::new(spans.to_vec()).unwrap();
        calendar
    }

    #[test]
    fn a_day_has_a_slot_for_each_hour_it_has() {
        for (zone, date, count) in [
            ("Europe/Berlin", "2027-03-27", 24),
            ("Europe/Berlin", "2027-03-28", 23),
            ("Europe/Berlin", "2027-10-31", 25),
            ("America/Santiago", "2027-09-05", 23),
            ("Australia/Lord_Howe", "2027-10-03", 24),
            ("America/Havana", "2027-11-07", 25),
        ] {
            assert_eq!(slots(&all_day(zone), date, 60, &[]).len(), count, "{zone} {date}");
        }
    }

    #[test]
    fn what_began_before_midnight_shows_its_slots_on_the_next_date() {
        let calendar = calendar();
        assert_eq!(slots(&calendar, "2027-03-06", 60, &[]), ["2027-03-06T00:00:00+01:00", "2027-03-06T01:00:00+01:00"]);
        assert_eq!(slots(&calendar, "2027-03-06", 120, &[]), ["2027-03-06T00:00:00+01:00"]);
        assert_eq!(slots(&calendar, "2027-03-05", 60, &[]).len(), 14);
        assert_eq!(slots(&calendar, "2027-03-05", 481, &[]), Vec::<String>::new());
    }

    #[test]
    fn turnaround_keeps_the_time_after_a_booking_and_may_pass_closing() {
        let calendar = calendar();
        // 12:00 to 13:00 in Berlin and a quarter of an hour: neither 11:00 (its own turnaround) nor 12:00 nor 13:00.
        let busy = [interval("2027-03-05T11:00:00Z", 75)];
        let starts = slots(&calendar, "2027-03-05", 60, &busy);
        assert_eq!(starts[..2], ["2027-03-05T10:00:00+01:00", "2027-03-05T14:00:00+01:00"]);
        assert_eq!(slots(&calendar, "2027-03-06", 60, &[]).len(), 2, "closing at 02:00, turnaround until 02:15");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Brute force: ask the rules about every minute of the date.
        #[test]
        fn slots_are_exactly_the_starts_that_the_rules_allow(
            name in prop::sample::select(vec!["Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "UTC"]),
            day_of_year in 0_i64..700, step in prop::sample::select(vec![15_i32, 30, 45, 60, 90]), quarters in 1_i64..20,
            spans in prop::collection::vec((0_i16..7, 0_i32..96, 1_i32..=96), 1..6),
            busy in prop::collection::vec((0_i64..1500, 15_i64..200), 0..4),
        ) {
            let mut calendar = all_day(name);
            let mut kept = Vec::new();
            for (weekday, from, length) in spans {
                let weekday = Weekday::from_index(weekday).unwrap();
                kept.push(WeeklySpan { weekday, from_minute: from * 15, to_minute: (from + length) * 15 });
                if Hours::new(kept.clone()).is_err() {
                    kept.pop();
                }
            }
            calendar.hours = Hours::new(kept).unwrap();
            calendar.room.settings.slot_step_minutes = step;
            calendar.room.settings.min_duration_minutes = 15;
            let date = "2027-03-03".parse::<Date>().unwrap() + Span::new().days(day_of_year);
            let day = day(date, &calendar.zone).unwrap();
            let busy: Vec<Interval> = busy.into_iter().filter_map(|(from, length)| {
                let start = day.start() + SignedDuration::from_mins(from);
                Interval::new(start, start + SignedDuration::from_mins(length))
            }).collect();
            let now = at("2027-03-01T09:00:00Z");
            let found = free_slots(&calendar, day, quarters * 15, &busy, now);
            let allowed: Vec<Interval> = (0..day.minutes())
                .map(|minute| day.start() + SignedDuration::from_mins(minute))
                .filter_map(|start| Interval::new(start, start + SignedDuration::from_mins(quarters * 15)))
                .filter(|slot| calendar.reasons(*slot, now).is_empty())
                .filter(|slot| !busy.iter().any(|busy| busy.overlaps(slot.extended(15))))
                .collect();
            prop_assert_eq!(found, allowed);
        }
    }
}
