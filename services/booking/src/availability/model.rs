//! The rules of a room's calendar.

use jiff::{Span, Timestamp, tz::TimeZone};
use serde::Serialize;

use crate::{hours::model::Hours, interval::Interval, local_time, rooms::model::Room};

/// A room with what decides about its times.
#[derive(Debug, Clone)]
pub struct RoomCalendar {
    pub room: Room,
    pub studio_name: String,
    /// Of the company: ISO 3166-1 alpha-2.
    pub company_country: String,
    pub time_zone: String,
    pub zone: TimeZone,
    pub hours: Hours,
    /// When it is closed whatever the hours say, in the window that was asked about.
    pub blackouts: Vec<Interval>,
}

/// Why a time cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Past,
    TooSoon,
    TooFar,
    TooShort,
    TooLong,
    Closed,
    OffStep,
    Occupied,
    OutOfStock,
    EngineerTaken,
}

impl Reason {
    pub fn code(self) -> &'static str {
        match self {
            Self::Past => "past",
            Self::TooSoon => "too_soon",
            Self::TooFar => "too_far",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::Closed => "closed",
            Self::OffStep => "off_step",
            Self::Occupied => "occupied",
            Self::OutOfStock => "out_of_stock",
            Self::EngineerTaken => "engineer_taken",
        }
    }

    /// Notice and window bind customers. Staff may also book for somebody who is there already.
    pub fn staff_may_override(self) -> bool {
        matches!(self, Self::Past | Self::TooSoon | Self::TooFar)
    }

    pub fn detail(self) -> &'static str {
        match self {
            Self::Past => "The start is in the past.",
            Self::TooSoon => "The studio wants more notice.",
            Self::TooFar => "The studio does not take bookings so far ahead.",
            Self::TooShort => "The booking is shorter than the room's minimum.",
            Self::TooLong => "The booking is longer than the room's maximum.",
            Self::Closed => "The studio is not open for the whole time.",
            Self::OffStep => "Bookings of this room begin in steps from the opening.",
            Self::Occupied => "The room is taken.",
            Self::OutOfStock => "There are not enough of an add-on.",
            Self::EngineerTaken => "Nobody is free to do an add-on.",
        }
    }
}

impl RoomCalendar {
    /// Everything that the rules alone say against an interval, the gravest first.
    pub fn reasons(&self, interval: Interval, now: Timestamp) -> Vec<Reason> {
        let mut reasons = Vec::new();
        reasons.extend(self.bad_start(interval.start(), now));
        let settings = &self.room.settings;
        if interval.minutes() < i64::from(settings.min_duration_minutes) {
            reasons.push(Reason::TooShort);
        }
        if interval.minutes() > settings.longest_minutes() {
            // Rules are not expanded over an interval of any length.
            reasons.push(Reason::TooLong);
            return reasons;
        }
        let openings = self.hours.around(interval, &self.zone);
        if !openings.cover(interval) || self.is_blacked_out(interval) {
            reasons.push(Reason::Closed);
        } else if !openings.on_step(interval.start(), settings.slot_step_minutes) {
            reasons.push(Reason::OffStep);
        }
        reasons
    }

    /// True when a blackout overlaps the interval or the turnaround after it.
    pub fn is_blacked_out(&self, interval: Interval) -> bool {
        self.blackouts.iter().any(|blackout| blackout.overlaps(self.occupied_by(interval)))
    }

    /// What is wrong with a start, by the time it is now.
    pub fn bad_start(&self, start: Timestamp, now: Timestamp) -> Option<Reason> {
        let settings = &self.room.settings;
        let ahead = now.duration_until(start);
        if start < now {
            return Some(Reason::Past);
        }
        if ahead < jiff::SignedDuration::from_mins(settings.min_notice_minutes.into()) {
            return Some(Reason::TooSoon);
        }
        let today = local_time::date_at(now, &self.zone);
        let last = today.checked_add(Span::new().days(settings.max_advance_days)).ok();
        let too_far = last.is_some_and(|last| local_time::date_at(start, &self.zone) > last);
        too_far.then_some(Reason::TooFar)
    }

    /// What a booking of the interval would occupy.
    pub fn occupied_by(&self, interval: Interval) -> Interval {
        interval.extended(self.room.settings.turnaround_minutes)
    }
}

/// Some of an add-on in use elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    pub interval: Interval,
    pub quantity: i32,
}

/// The most that is in use at any one instant of an interval.
pub fn peak_use(uses: &[Use], interval: Interval) -> i64 {
    let inside: Vec<&Use> = uses.iter().filter(|used| used.interval.overlaps(interval)).collect();
    // The number in use only rises where one begins.
    let instants = inside.iter().map(|used| used.interval.start().max(interval.start()));
    let in_use = |instant| {
        let there = inside.iter().filter(|used| used.interval.contains(instant));
        there.map(|used| i64::from(used.quantity)).sum::<i64>()
    };
    instants.map(in_use).max().unwrap_or(0)
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::SignedDuration;
    use kernel::{CompanyId, RoomId, StudioId};
    use proptest::prelude::*;

    use super::*;
    use crate::{
        local_time::{Weekday, WeeklySpan, zone},
        rooms::model::{BookingMode, RoomSettings},
    };

    pub fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    pub fn interval(start: &str, minutes: i64) -> Interval {
        Interval::new(at(start), at(start) + SignedDuration::from_mins(minutes)).unwrap()
    }

    /// Friday 10:00 to 02:00 in Berlin, an hour's step, one hour to eight.
    pub fn calendar() -> RoomCalendar {
        let settings = RoomSettings {
            name: "Room A".into(),
            capacity: 5,
            min_duration_minutes: 60,
            max_duration_minutes: Some(480),
            slot_step_minutes: 60,
            turnaround_minutes: 15,
            min_notice_minutes: 120,
            max_advance_days: 30,
            hold_minutes: 30,
            free_cancellation_minutes: 0,
            booking_mode: BookingMode::Instant,
        };
        let room = Room {
            id: RoomId::new(),
            studio_id: StudioId::new(),
            company_id: CompanyId::new(),
            settings,
            created_at: Timestamp::UNIX_EPOCH,
        };
        let friday = WeeklySpan { weekday: Weekday::Friday, from_minute: 600, to_minute: 26 * 60 };
        RoomCalendar {
            room,
            studio_name: "Studio".into(),
            company_country: "DE".into(),
            time_zone: "Europe/Berlin".into(),
            zone: zone("Europe/Berlin").unwrap(),
            hours: Hours::new(vec![friday]).unwrap(),
            blackouts: Vec::new(),
        }
    }

    #[test]
    fn a_blackout_closes_also_the_turnaround() {
        let mut calendar = calendar();
        // From noon to two o'clock in Berlin.
        calendar.blackouts = vec![interval("2027-03-05T11:00:00Z", 120)];
        for (start, minutes, reasons) in [
            ("2027-03-05T11:00:00Z", 60, vec![Reason::Closed]),
            ("2027-03-05T09:00:00Z", 480, vec![Reason::Closed]),
            ("2027-03-05T13:00:00Z", 60, vec![]),
            ("2027-03-05T09:00:00Z", 60, vec![]),
            ("2027-03-05T10:00:00Z", 60, vec![Reason::Closed]),
        ] {
            let found = calendar.reasons(interval(start, minutes), at("2027-03-01T09:00:00Z"));
            assert_eq!(found, reasons, "{start}");
        }
    }

    fn check(start: &str, minutes: i64, reasons: &[Reason]) {
        let found = calendar().reasons(interval(start, minutes), at("2027-03-01T09:00:00Z"));
        assert_eq!(found, reasons, "{start} for {minutes} min");
    }

    #[test]
    fn each_rule_has_its_reason() {
        check("2027-03-05T09:00:00Z", 60, &[]);
        check("2027-03-05T23:00:00Z", 120, &[]);
        check("2027-03-06T00:00:00Z", 120, &[Reason::Closed]);
        check("2027-03-05T08:00:00Z", 60, &[Reason::Closed]);
        check("2027-03-05T09:30:00Z", 60, &[Reason::OffStep]);
        check("2027-03-05T09:00:00Z", 30, &[Reason::TooShort]);
        check("2027-03-05T09:00:00Z", 540, &[Reason::TooLong]);
        check("2027-02-26T09:00:00Z", 60, &[Reason::Past]);
        check("2027-03-01T10:59:00Z", 60, &[Reason::TooSoon, Reason::Closed]);
        check("2027-04-02T08:00:00Z", 60, &[Reason::TooFar]);
        check("2027-03-26T09:00:00Z", 60, &[]);
        check("2027-03-01T08:00:00Z", 1_000_000, &[Reason::Past, Reason::TooLong]);
    }

    #[test]
    fn notice_and_window_bind_at_their_instants() {
        let calendar = calendar();
        let now = at("2027-03-05T09:00:00Z");
        assert_eq!(calendar.bad_start(at("2027-03-05T11:00:00Z"), now), None);
        assert_eq!(calendar.bad_start(at("2027-03-05T10:59:59Z"), now), Some(Reason::TooSoon));
        // Thirty days on the calendar of Berlin, where the clocks change in between: until midnight of 4 April.
        assert_eq!(calendar.bad_start(at("2027-04-04T21:59:00Z"), now), None);
        assert_eq!(calendar.bad_start(at("2027-04-04T22:00:00Z"), now), Some(Reason::TooFar));
    }

    #[test]
    fn stock_counts_the_peak_not_the_sum() {
        let uses = [
            Use { interval: interval("2027-03-05T10:00:00Z", 60), quantity: 2 },
            Use { interval: interval("2027-03-05T11:00:00Z", 60), quantity: 2 },
            Use { interval: interval("2027-03-05T11:30:00Z", 60), quantity: 1 },
        ];
        assert_eq!(peak_use(&uses, interval("2027-03-05T10:00:00Z", 180)), 3);
        assert_eq!(peak_use(&uses, interval("2027-03-05T10:00:00Z", 60)), 2);
        assert_eq!(peak_use(&uses, interval("2027-03-05T13:00:00Z", 60)), 0);
    }

    proptest! {
        #[test]
        fn peak_use_is_the_maximum_over_minutes(
            uses in prop::collection::vec((0_i64..120, 1_i64..60, 1_i32..4), 0..8), from in 0_i64..120, length in 1_i64..60,
        ) {
            let base = at("2027-03-05T10:00:00Z");
            let minutes = |from: i64, length: i64| Interval::new(
                base + SignedDuration::from_mins(from), base + SignedDuration::from_mins(from + length)).unwrap();
            let list: Vec<Use> =
                uses.iter().map(|(from, length, quantity)| Use { interval: minutes(*from, *length), quantity: *quantity }).collect();
            let expected = (from..from + length)
                .map(|minute| list.iter().filter(|used| used.interval.contains(base + SignedDuration::from_mins(minute)))
                    .map(|used| i64::from(used.quantity)).sum::<i64>())
                .max().unwrap_or(0);
            prop_assert_eq!(peak_use(&list, minutes(from, length)), expected);
        }
    }
}
