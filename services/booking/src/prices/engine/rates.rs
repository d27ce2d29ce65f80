//! What the room itself costs: its minutes, each at the rate in force in it, or days where those are cheaper.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use kernel::{Currency, Money, MoneyError};

use super::{Line, LineKind, lines::hours};
use crate::{
    interval::Interval,
    local_time::{self, WeeklySpan},
    prices::model::{DayRate, PriceList},
};

/// The windows of a price list around an interval, expanded once for any number of prices inside it.
#[derive(Debug)]
pub struct RateWindows<'a> {
    pub(super) list: &'a PriceList,
    /// Index of the rule, and when.
    windows: Vec<(usize, Interval)>,
}

const BASE_RATE: &str = "Room";

/// Minutes at one rate. Rules with the same rate share it under the first one's name.
#[derive(Debug, Clone)]
struct RateMinutes<'a> {
    hourly_rate: i64,
    name: &'a str,
    minutes: i64,
}

impl<'a> RateWindows<'a> {
    pub fn around(list: &'a PriceList, window: Interval, zone: &TimeZone) -> Self {
        let rules = list.rates.rules.iter().enumerate();
        let (rule_of_span, spans): (Vec<usize>, Vec<WeeklySpan>) =
            rules.flat_map(|(rule, peak)| peak.spans().map(move |span| (rule, span))).unzip();
        let windows = local_time::expand(&spans, zone, window);
        let windows = windows.into_iter().filter_map(|(span, when)| Some((*rule_of_span.get(span)?, when)));
        Self { list, windows: windows.collect() }
    }

    /// One line for each rate, and one for all days at the day rate.
    pub(super) fn room_lines(&self, interval: Interval) -> Result<Vec<Line>, MoneyError> {
        let currency = self.list.currency;
        let mut total = self.rates();
        let mut whole_days = 0;
        for day in days(self.list.rates.day_rate, interval) {
            let minutes = self.minutes_by_rate(day);
            match self.list.rates.day_rate {
                Some(rate) if is_cheaper(rate, &minutes) => whole_days += 1,
                _ => total.iter_mut().zip(minutes).for_each(|(sum, rate)| sum.minutes += rate.minutes),
            }
        }
        let used = total.iter().filter(|rate| rate.minutes > 0);
        let mut lines = used.map(|rate| rate.line(currency)).collect::<Result<Vec<_>, _>>()?;
        if let Some(rate) = self.list.rates.day_rate.filter(|_| whole_days > 0) {
            lines.push(day_line(rate, whole_days, currency)?);
        }
        Ok(lines)
    }

    /// Every rate of the list without minutes, the base rate first.
    fn rates(&self) -> Vec<RateMinutes<'a>> {
        let list = &self.list.rates;
        let mut rates = vec![RateMinutes { hourly_rate: list.hourly_rate, name: BASE_RATE, minutes: 0 }];
        for rule in &list.rules {
            if rates.iter().all(|known| known.hourly_rate != rule.hourly_rate) {
                rates.push(RateMinutes { hourly_rate: rule.hourly_rate, name: &rule.name, minutes: 0 });
            }
        }
        rates
    }

    /// The same with the minutes of an interval: each piece between two bounds of windows has one rate.
    fn minutes_by_rate(&self, interval: Interval) -> Vec<RateMinutes<'a>> {
        let mut rates = self.rates();
        let mut bounds = BTreeSet::from([interval.start(), interval.end()]);
        let inside = self.windows.iter().filter(|(_, window)| window.overlaps(interval));
        let ends = inside.flat_map(|(_, window)| [window.start(), window.end()]);
        bounds.extend(ends.filter(|bound| interval.contains(*bound)));
        let bounds: Vec<Timestamp> = bounds.into_iter().collect();
        for piece in bounds.windows(2).filter_map(|pair| Interval::new(pair[0], pair[1])) {
            let rate = self.rate_in(piece);
            if let Some(entry) = rates.iter_mut().find(|known| known.hourly_rate == rate) {
                entry.minutes += piece.minutes();
            }
        }
        rates
    }

    fn rate_in(&self, piece: Interval) -> i64 {
        let in_force = self.windows.iter().filter(|(_, window)| window.covers(piece)).map(|(rule, _)| *rule).min();
        let rates = &self.list.rates;
        in_force.and_then(|rule| rates.rules.get(rule)).map_or(rates.hourly_rate, |rule| rule.hourly_rate)
    }
}

impl RateMinutes<'_> {
    fn line(&self, currency: Currency) -> Result<Line, MoneyError> {
        let rate = Money::new(self.hourly_rate, currency);
        Ok(Line {
            kind: LineKind::Room,
            description: self.name.to_owned(),
            room_id: None,
            quantity: hours(self.minutes),
            unit_amount: rate,
            amount: rate.ratio(self.minutes, 60)?,
        })
    }
}

/// The days a booking is cut into; all of it is one where there is no day rate.
fn days(rate: Option<DayRate>, interval: Interval) -> Vec<Interval> {
    let Some(rate) = rate else { return vec![interval] };
    let length = SignedDuration::from_hours(i64::from(rate.hours.max(1)));
    let starts = std::iter::successors(Some(interval.start()), |start| start.checked_add(length).ok());
    let day = |start: Timestamp| Interval::new(start, start.checked_add(length).ok()?.min(interval.end()));
    starts.take_while(|start| *start < interval.end()).filter_map(day).collect()
}

/// Compared exactly, before any rounding.
fn is_cheaper(rate: DayRate, minutes: &[RateMinutes<'_>]) -> bool {
    let sixtieths = minutes.iter().map(|rate| i128::from(rate.hourly_rate) * i128::from(rate.minutes));
    i128::from(rate.amount) * 60 < sixtieths.sum()
}

fn day_line(rate: DayRate, days: i64, currency: Currency) -> Result<Line, MoneyError> {
    let unit_amount = Money::new(rate.amount, currency);
    let description = format!("Day rate, up to {} hours", rate.hours);
    let amount = unit_amount.ratio(days, 1)?;
    let quantity = days.into();
    Ok(Line { kind: LineKind::DayRate, description, room_id: None, quantity, unit_amount, amount })
}
