use jiff::{SignedDuration, Timestamp};
use kernel::{AddOnId, RoomId};
use proptest::prelude::*;

use super::*;
use crate::{
    local_time::{ClockTime, Weekday, zone},
    prices::model::{DurationDiscount, PeakRule},
};

fn clock(minutes: i32) -> ClockTime {
    ClockTime::from_minutes(minutes).unwrap()
}

fn rule(name: &str, weekdays: &[Weekday], from: i32, to: i32, hourly_rate: i64) -> PeakRule {
    PeakRule { name: name.into(), weekdays: weekdays.to_vec(), from: clock(from), to: clock(to), hourly_rate }
}

fn list(hourly_rate: i64, rules: Vec<PeakRule>) -> PriceList {
    PriceList {
        room_id: RoomId::new(),
        version: 1,
        currency: Currency::EUR,
        hourly_rate,
        rules,
        duration_discounts: Vec::new(),
        add_ons: Vec::new(),
        cleaning_fee: 0,
        tax_rate: "19.0".parse().unwrap(),
        deposit_percent: None,
        cancellation_policy: CancellationPolicy::default(),
    }
}

fn berlin() -> TimeZone {
    zone("Europe/Berlin").unwrap()
}

fn between(start: &str, end: &str) -> Interval {
    Interval::new(start.parse().unwrap(), end.parse().unwrap()).unwrap()
}

fn amounts(price: &Price) -> Vec<(LineKind, i64)> {
    price.lines.iter().map(|line| (line.kind, line.amount.amount)).collect()
}

#[test]
fn a_booking_over_the_beginning_of_peak_pays_each_minute_its_rate() {
    let mut list = list(2000, vec![rule("Friday evening", &[Weekday::Friday], 18 * 60, 24 * 60, 3000)]);
    list.duration_discounts = vec![
        DurationDiscount { min_hours: 2, percent: "10.0".parse().unwrap() },
        DurationDiscount { min_hours: 8, percent: "50".parse().unwrap() },
    ];
    list.cleaning_fee = 500;
    list.deposit_percent = Some("30".parse().unwrap());
    let amp = AddOn { id: AddOnId::new(), name: "Amp".into(), per_use: 250, per_hour: 100, stock: Some(3) };
    list.add_ons = vec![amp.clone()];
    // Friday, 17:30 to 20:00 in Berlin.
    let interval = between("2027-03-05T16:30:00Z", "2027-03-05T19:00:00Z");
    let price = price(&list, interval, &berlin(), &[AddOnChoice { id: amp.id, quantity: 2 }]).unwrap();
    let expected = [
        (LineKind::Room, 1000),
        (LineKind::Room, 6000),
        (LineKind::Discount, -700),
        (LineKind::AddOn, 500),
        (LineKind::AddOn, 500),
        (LineKind::Cleaning, 500),
        (LineKind::Tax, 1482),
    ];
    assert_eq!(amounts(&price), expected);
    assert_eq!((price.subtotal.amount, price.tax.amount, price.total.amount), (7800, 1482, 9282));
    assert_eq!(price.deposit_due.amount, 2785);
    assert_eq!(price.lines[0].quantity.to_string(), "0.5");
    assert_eq!(price.lines[4].quantity.to_string(), "5");
}

#[test]
fn lines_round_half_up_once() {
    // 50 minutes at 10.01 is 8.341666…; 19 % of 8.34 is 1.5846.
    let price = price(&list(1001, vec![]), between("2027-03-02T10:00:00Z", "2027-03-02T10:50:00Z"), &berlin(), &[]);
    let price = price.unwrap();
    assert_eq!(amounts(&price), [(LineKind::Room, 834), (LineKind::Tax, 158)]);
    assert_eq!(price.lines[0].quantity.to_string(), "0.8333");
}

#[test]
fn elapsed_time_is_billed_over_a_change_of_the_clocks() {
    let night = rule("Night", &Weekday::ALL, 2 * 60, 3 * 60, 5000);
    let list = list(1000, vec![night]);
    // 01:00 to 04:00 on the wall: two hours in spring, four in autumn.
    let spring = price(&list, between("2027-03-28T00:00:00Z", "2027-03-28T02:00:00Z"), &berlin(), &[]).unwrap();
    assert_eq!(spring.subtotal.amount, 2000, "the night rate's window does not exist");
    let autumn = price(&list, between("2027-10-30T23:00:00Z", "2027-10-31T03:00:00Z"), &berlin(), &[]).unwrap();
    assert_eq!(autumn.subtotal.amount, 2 * 1000 + 2 * 5000, "the night rate's window exists twice");
}

#[test]
fn the_first_rule_counts_where_two_overlap_and_equal_rates_share_a_line() {
    let list = list(
        1000,
        vec![
            rule("Late", &[Weekday::Friday], 20 * 60, 4 * 60, 4000),
            rule("Friday", &[Weekday::Friday], 0, 1440, 3000),
            rule("Saturday", &[Weekday::Saturday], 0, 1440, 4000),
        ],
    );
    // Friday 19:00 to Saturday 05:00 in Berlin: one hour of Friday, eight of late, one of Saturday.
    let price = price(&list, between("2027-03-05T18:00:00Z", "2027-03-06T04:00:00Z"), &berlin(), &[]).unwrap();
    assert_eq!(amounts(&price)[..2], [(LineKind::Room, 9 * 4000), (LineKind::Room, 3000)]);
}

#[test]
fn prices_too_large_for_money_are_errors() {
    let mut list = list(i64::MAX / 2, vec![]);
    let interval = between("2027-03-02T10:00:00Z", "2027-03-02T20:00:00Z");
    assert_eq!(price(&list, interval, &berlin(), &[]), Err(MoneyError::Overflow));
    list.hourly_rate = 0;
    assert_eq!(price(&list, interval, &berlin(), &[]).unwrap().total.amount, 0);
}

prop_compose! {
    fn any_rule()(days in prop::sample::subsequence(Weekday::ALL.to_vec(), 1..=7), from in 0_i32..1440,
        to in 0_i32..=1440, rate in 0_i64..20_000) -> PeakRule {
        rule("Rule", &days, from, to, rate)
    }
}

fn any_zone() -> impl Strategy<Value = TimeZone> {
    let names = ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "America/Havana", "UTC"];
    prop::sample::select(names.to_vec()).prop_map(|name| zone(name).unwrap())
}

/// The independent reckoning: look at each minute by itself and ask which rule's window it lies in.
fn minute_by_minute(list: &PriceList, interval: Interval, zone: &TimeZone) -> i64 {
    let mut sixtieths = 0;
    let mut minute = interval.start();
    while minute < interval.end() {
        let next = minute + SignedDuration::from_mins(1);
        let this = Interval::new(minute, next).unwrap();
        let in_force = list.rules.iter().find(|rule| {
            let spans: Vec<WeeklySpan> = rule.spans().collect();
            local_time::expand(&spans, zone, this).iter().any(|(_, window)| window.contains(minute))
        });
        sixtieths += in_force.map_or(list.hourly_rate, |rule| rule.hourly_rate);
        minute = next;
    }
    sixtieths
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The room's price is the sum of its minutes, but for half a cent a line.
    #[test]
    fn price_is_the_sum_of_its_minutes(
        rules in prop::collection::vec(any_rule(), 0..4), zone in any_zone(), rate in 0_i64..20_000,
        start in 0_i64..525_600, minutes in 1_i64..700,
    ) {
        let start = Timestamp::from_second(1_798_761_600 + start * 60).unwrap();
        let interval = Interval::new(start, start + SignedDuration::from_mins(minutes)).unwrap();
        let list = list(rate, rules);
        let price = price(&list, interval, &zone, &[]).unwrap();
        let lines = price.lines.iter().filter(|line| line.kind == LineKind::Room);
        let (rooms, count) = lines.fold((0, 0), |(sum, count), line| (sum + line.amount.amount, count + 1));
        let exact = minute_by_minute(&list, interval, &zone);
        prop_assert!((rooms * 60 - exact).abs() <= 30 * count, "{rooms} against {exact}/60 on {count} lines");
        prop_assert_eq!(price.subtotal.checked_add(price.tax).unwrap(), price.total);
        prop_assert_eq!(sum(Currency::EUR, &price.lines).unwrap(), price.total);
    }

    /// Splitting a booking costs the same but for the rounding of each part's lines.
    #[test]
    fn two_halves_cost_the_whole(
        rules in prop::collection::vec(any_rule(), 0..3), zone in any_zone(), rate in 0_i64..20_000,
        start in 0_i64..525_600, first in 1_i64..600, second in 1_i64..600,
    ) {
        let start = Timestamp::from_second(1_798_761_600 + start * 60).unwrap();
        let middle = start + SignedDuration::from_mins(first);
        let end = middle + SignedDuration::from_mins(second);
        let list = list(rate, rules);
        let net = |from, to| price(&list, Interval::new(from, to).unwrap(), &zone, &[]).unwrap().subtotal.amount;
        let difference = net(start, middle) + net(middle, end) - net(start, end);
        prop_assert!(difference.abs() <= i64::try_from(list.rules.len()).unwrap() + 2, "{difference}");
    }
}
