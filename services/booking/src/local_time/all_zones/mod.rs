//! Every zone of the tz database on every day of 2027 on which its clocks change, and on the days around it, against
//! what Python's zoneinfo says (`expected.py`). A twentieth of the zones in `./dev test`, all of them in `just soak`.

use std::process::Command;

use jiff::civil::Date;
use kernel::{Currency, RoomId};
use serde::Deserialize;

use super::{ClockTime, Weekday, closing_instant, local, opening_instant, zone};
use crate::{
    bookings::cancellation::CancellationPolicy,
    interval::Interval,
    prices::{
        engine::{self, Extras},
        model::{PeakRule, PriceList, Rates},
    },
};

#[derive(Deserialize)]
struct Header {
    version: Option<String>,
}

/// What Python says of a zone on a date.
#[derive(Deserialize)]
struct Expected {
    zone: String,
    date: Date,
    /// How many minutes show this date, and of these how many before six.
    minutes: i64,
    small_hours: i64,
    /// Opening and closing instant of each quarter of an hour, from 00:00 to 24:00.
    times: Vec<(i64, i64)>,
}

/// Prints the reason where there is nothing to compare with.
fn expected() -> Option<(Header, Vec<Expected>)> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/local_time/all_zones/expected.py");
    let every = testkit::budget(20, 1).to_string();
    let output = Command::new("python3").args([script, "2027", &every]).output();
    let output = match output {
        Ok(output) if output.status.success() => output,
        Ok(output) => {
            eprintln!("skipped: python3 cannot say it: {}", String::from_utf8_lossy(&output.stderr));
            return None;
        }
        Err(error) => {
            eprintln!("skipped: there is no python3: {error}");
            return None;
        }
    };
    let mut lines = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let header = serde_json::from_slice(lines.next()?).unwrap();
    let days: Vec<Expected> = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
    if days.is_empty() {
        eprintln!("skipped: python3 has no tz database");
    }
    (!days.is_empty()).then_some((header, days))
}

/// One cent a minute before six, nothing after.
fn small_hours() -> PriceList {
    let clock = |minutes| ClockTime::from_minutes(minutes).unwrap();
    let rule = PeakRule {
        name: "Small hours".into(),
        weekdays: Weekday::ALL.to_vec(),
        from: clock(0),
        to: clock(6 * 60),
        hourly_rate: 60,
    };
    let rates = Rates {
        hourly_rate: 0,
        rules: vec![rule],
        day_rate: None,
        duration_discounts: Vec::new(),
        minimum_charge: None,
        extra_person: None,
        cleaning_fee: 0,
        tax_rate: kernel::Percent::ZERO,
        deposit: None,
        cancellation_policy: CancellationPolicy::default(),
    };
    PriceList { room_id: RoomId::new(), version: 1, currency: Currency::EUR, rates, add_ons: Vec::new() }
}

fn check(expected: &Expected, list: &PriceList) {
    let Expected { zone: name, date, minutes, small_hours, times } = expected;
    let zone = zone(name).unwrap_or_else(|| panic!("{name} is not known"));
    for (quarter, (opens, closes)) in (0_i32..).zip(times) {
        let local = local(*date, quarter * 15).unwrap();
        assert_eq!(opening_instant(local, &zone).unwrap().as_second(), *opens, "{name} opens at {local}");
        assert_eq!(closing_instant(local, &zone).unwrap().as_second(), *closes, "{name} closes at {local}");
    }
    let midnight = |date: Date| opening_instant(date.at(0, 0, 0, 0), &zone).unwrap();
    let day = Interval::new(midnight(*date), midnight(date.tomorrow().unwrap())).unwrap();
    assert_eq!(day.minutes(), *minutes, "{name} {date} is so long");
    let price = engine::price(list, day, &zone, Extras::default()).unwrap();
    assert_eq!(price.total.amount, *small_hours, "{name} {date} has so many minutes before six");
}

#[test]
fn local_times_mean_what_an_independent_calculation_says() {
    let Some((header, days)) = expected() else { return };
    let ours = service_kit::tz_version();
    if header.version.as_deref() != Some(ours) {
        eprintln!("skipped: python3 has tz database {:?}, we have {ours:?}: nothing to compare", header.version);
        return;
    }
    let list = small_hours();
    let days: Vec<&Expected> = days.iter().filter(|day| day.zone != "Factory" && day.zone != "localtime").collect();
    for day in &days {
        check(day, &list);
    }
    let changes = days.iter().filter(|day| day.minutes != 24 * 60).count();
    assert!(changes >= testkit::budget(10, 300), "only {changes} days that are not 24 hours");
}
