//! Rules of a week as openings.

use jiff::{Timestamp, tz::TimeZone};

use crate::{
    interval::{Interval, joined},
    local_time::{self, Weekday, WeeklySpan, closing_instant, opening_instant},
};

const WEEK_MINUTES: i32 = 7 * 24 * 60;

/// The longest opening that is told from one that never ends: two weeks from a Monday.
const ALWAYS_OPEN_MINUTES: i32 = 2 * WEEK_MINUTES;

/// The operating hours of a studio, by weekday and opening.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours(Vec<WeeklySpan>);

/// Two spans that overlap, by their places in the list they came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("spans {0} and {1} overlap")]
pub struct Overlap(pub usize, pub usize);

impl Hours {
    /// Sorted; refused where two overlap, also from Sunday into Monday.
    pub fn new(spans: Vec<WeeklySpan>) -> Result<Self, Overlap> {
        for (first, a) in spans.iter().enumerate() {
            for (second, b) in spans.iter().enumerate().skip(first + 1) {
                if overlap_in_week(*a, *b) {
                    return Err(Overlap(first, second));
                }
            }
        }
        Ok(Self::stored(spans))
    }

    /// Spans that were checked when they were stored.
    pub fn stored(mut spans: Vec<WeeklySpan>) -> Self {
        spans.sort_unstable();
        Self(spans)
    }

    pub fn spans(&self) -> &[WeeklySpan] {
        &self.0
    }

    /// What the rules mean around a window.
    pub fn around(&self, window: Interval, zone: &TimeZone) -> Openings {
        // A day more to either side, so that openings which go over the window's edge are seen whole enough.
        let margin = jiff::SignedDuration::from_hours(24);
        let start = window.start().checked_sub(margin).unwrap_or(Timestamp::MIN);
        let end = window.end().checked_add(margin).unwrap_or(Timestamp::MAX);
        let wide = Interval::new(start, end).unwrap_or(window);
        let spans: Vec<Interval> =
            local_time::expand(&self.0, zone, wide).into_iter().map(|(_, interval)| interval).collect();
        Openings { unbroken: joined(spans.clone()), spans }
    }

    /// The unbroken openings of a week, for search: spans that touch are joined, also over the week's end.
    pub fn unbroken_in_week(&self) -> Vec<UnbrokenOpening> {
        let mut runs: Vec<(i32, i32)> = Vec::new();
        let starts = self.0.iter().map(|span| (week_minute(*span), week_minute(*span) + length(*span)));
        for (start, end) in starts {
            match runs.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => runs.push((start, end)),
            }
        }
        if let (Some(first), Some(last)) = (runs.first().copied(), runs.last().copied())
            && last.1 >= first.0 + WEEK_MINUTES
        {
            if runs.len() == 1 {
                return vec![UnbrokenOpening { weekday: Weekday::Monday, opens: 0, closes: ALWAYS_OPEN_MINUTES }];
            }
            // The last one goes on into the first of the next week.
            runs.remove(0);
            if let Some(last) = runs.last_mut() {
                last.1 = first.1 + WEEK_MINUTES;
            }
        }
        runs.into_iter().filter_map(|(start, end)| UnbrokenOpening::of_week(start, end)).collect()
    }
}

fn week_minute(span: WeeklySpan) -> i32 {
    i32::from(span.weekday.index()) * 1440 + span.from_minute
}

fn length(span: WeeklySpan) -> i32 {
    span.to_minute - span.from_minute
}

fn overlap_in_week(a: WeeklySpan, b: WeeklySpan) -> bool {
    let after = |a: WeeklySpan, b: WeeklySpan| (week_minute(b) - week_minute(a)).rem_euclid(WEEK_MINUTES);
    after(a, b) < length(a) || after(b, a) < length(b)
}

/// Openings around a window, as instants.
#[derive(Debug, Clone)]
pub struct Openings {
    spans: Vec<Interval>,
    unbroken: Vec<Interval>,
}

impl Openings {
    pub fn spans(&self) -> &[Interval] {
        &self.spans
    }

    /// True when the studio is open without a break for the whole interval.
    pub fn cover(&self, interval: Interval) -> bool {
        self.unbroken.iter().any(|opening| opening.covers(interval))
    }

    /// True when the instant is a whole number of steps of elapsed time after the opening of a span it lies in.
    pub fn on_step(&self, start: Timestamp, step_minutes: i32) -> bool {
        let step = i128::from(step_minutes.max(1)) * 60_000_000_000;
        self.spans
            .iter()
            .any(|span| span.contains(start) && span.start().duration_until(start).as_nanos().rem_euclid(step) == 0)
    }
}

/// One unbroken opening of a week: minutes of clock face from midnight of its weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnbrokenOpening {
    pub weekday: Weekday,
    pub opens: i32,
    pub closes: i32,
}

impl UnbrokenOpening {
    fn of_week(start: i32, end: i32) -> Option<Self> {
        let day = start.div_euclid(1440).rem_euclid(7);
        let weekday = Weekday::from_index(i16::try_from(day).ok()?)?;
        let opens = start.rem_euclid(1440);
        Some(Self { weekday, opens, closes: opens + end - start })
    }
}

/// What an unbroken opening must be to cover an interval, in minutes from a Monday's midnight: it opens at this minute or
/// earlier and closes at this one or later. Exact over changes of the clocks, because both bounds only ever move one way
/// with the minute. In an hour that comes twice the closing may be the lesser of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeekMinutes {
    pub opens_at_most: i32,
    pub closes_at_least: i32,
}

impl WeekMinutes {
    pub fn of(interval: Interval, zone: &TimeZone) -> Self {
        let date = local_time::date_at(interval.start(), zone);
        let opens = |minute: i32| opening_instant(local_time::local(date, minute)?, zone);
        let closes = |minute: i32| closing_instant(local_time::local(date, minute)?, zone);
        let too_late = |minute: i32| opens(minute).is_none_or(|at| at > interval.start());
        let late_enough = |minute: i32| closes(minute).is_none_or(|at| at >= interval.end());
        let midnight = i32::from(Weekday::of(date).index()) * 1440;
        Self {
            opens_at_most: midnight + first_minute(0, 1440, too_late) - 1,
            closes_at_least: midnight + first_minute(0, ALWAYS_OPEN_MINUTES + 1, late_enough),
        }
    }

    /// The same, compared with what opened the week before.
    pub fn a_week_on(self) -> Self {
        let (opens_at_most, closes_at_least) = (self.opens_at_most + WEEK_MINUTES, self.closes_at_least + WEEK_MINUTES);
        Self { opens_at_most, closes_at_least }
    }
}

/// The first minute in `[from, to)` for which a condition holds that stays true once it is; `to` when it never does.
fn first_minute(from: i32, to: i32, holds: impl Fn(i32) -> bool) -> i32 {
    let (mut low, mut high) = (from, to);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    low
}

#[cfg(test)]
mod tests;
