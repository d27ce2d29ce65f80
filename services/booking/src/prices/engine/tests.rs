use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use kernel::{AddOnId, RoomId};

use super::*;
use crate::{
    local_time::{ClockTime, Weekday, zone},
    prices::model::{AddOn, DayRate, DurationDiscount, ExtraPerson, PeakRule, Rates},
    promotions::model::Reduction,
};

mod properties;

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
        rates: Rates {
            hourly_rate,
            rules,
            day_rate: None,
            duration_discounts: Vec::new(),
            minimum_charge: None,
            extra_person: None,
            cleaning_fee: 0,
            tax_rate: "19.0".parse().unwrap(),
            deposit: None,
            cancellation_policy: CancellationPolicy::default(),
        },
        add_ons: Vec::new(),
    }
}

const NONE: Extras<'static> = Extras { add_ons: &[], party_size: None, promotion: None };

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
    list.rates.duration_discounts = vec![
        DurationDiscount { min_hours: 2, percent: "10.0".parse().unwrap() },
        DurationDiscount { min_hours: 8, percent: "50".parse().unwrap() },
    ];
    list.rates.cleaning_fee = 500;
    list.rates.deposit = Some(Deposit::Percent("30".parse().unwrap()));
    let amp = AddOn {
        id: AddOnId::new(),
        name: "Amp".into(),
        per_use: 250,
        per_hour: 100,
        stock: Some(3),
        stock_shared: false,
        engineers: Vec::new(),
    };
    list.add_ons = vec![amp.clone()];
    // Friday, 17:30 to 20:00 in Berlin.
    let interval = between("2027-03-05T16:30:00Z", "2027-03-05T19:00:00Z");
    let add_ons = [AddOnChoice { id: amp.id, quantity: 2 }];
    let price = price(&list, interval, &berlin(), Extras { add_ons: &add_ons, ..NONE }).unwrap();
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
    let price = price(&list(1001, vec![]), between("2027-03-02T10:00:00Z", "2027-03-02T10:50:00Z"), &berlin(), NONE);
    let price = price.unwrap();
    assert_eq!(amounts(&price), [(LineKind::Room, 834), (LineKind::Tax, 158)]);
    assert_eq!(price.lines[0].quantity.to_string(), "0.8333");
}

#[test]
fn elapsed_time_is_billed_over_a_change_of_the_clocks() {
    let night = rule("Night", &Weekday::ALL, 2 * 60, 3 * 60, 5000);
    let list = list(1000, vec![night]);
    // 01:00 to 04:00 on the wall: two hours in spring, four in autumn.
    let spring = price(&list, between("2027-03-28T00:00:00Z", "2027-03-28T02:00:00Z"), &berlin(), NONE).unwrap();
    assert_eq!(spring.subtotal.amount, 2000, "the night rate's window does not exist");
    let autumn = price(&list, between("2027-10-30T23:00:00Z", "2027-10-31T03:00:00Z"), &berlin(), NONE).unwrap();
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
    let price = price(&list, between("2027-03-05T18:00:00Z", "2027-03-06T04:00:00Z"), &berlin(), NONE).unwrap();
    assert_eq!(amounts(&price)[..2], [(LineKind::Room, 9 * 4000), (LineKind::Room, 3000)]);
}

#[test]
fn prices_too_large_for_money_are_errors() {
    let mut list = list(i64::MAX / 2, vec![]);
    let interval = between("2027-03-02T10:00:00Z", "2027-03-02T20:00:00Z");
    assert_eq!(price(&list, interval, &berlin(), NONE), Err(MoneyError::Overflow));
    list.rates.hourly_rate = 0;
    assert_eq!(price(&list, interval, &berlin(), NONE).unwrap().total.amount, 0);
}

/// A weekday in winter, so many minutes from nine in the morning.
fn on_tuesday(minutes: i64) -> Interval {
    let start: Timestamp = "2027-03-02T08:00:00Z".parse().unwrap();
    Interval::new(start, start + SignedDuration::from_mins(minutes)).unwrap()
}

fn lines_of(list: &PriceList, minutes: i64, extras: Extras<'_>) -> Vec<(LineKind, i64)> {
    amounts(&price(list, on_tuesday(minutes), &berlin(), extras).unwrap())
}

#[test]
fn a_day_costs_the_day_rate_where_that_is_cheaper() {
    let mut list = list(2_000, vec![]);
    list.rates.tax_rate = "0".parse().unwrap();
    list.rates.day_rate = Some(DayRate { amount: 15_000, hours: 10 });
    let net = |minutes| lines_of(&list, minutes, NONE).into_iter().filter(|(kind, _)| *kind != LineKind::Tax).collect();
    let check = |minutes, expected: Vec<(LineKind, i64)>| {
        let lines: Vec<(LineKind, i64)> = net(minutes);
        assert_eq!(lines, expected, "{minutes} minutes");
    };
    check(420, vec![(LineKind::Room, 14_000)]);
    check(450, vec![(LineKind::Room, 15_000)]);
    check(451, vec![(LineKind::DayRate, 15_000)]);
    check(600, vec![(LineKind::DayRate, 15_000)]);
    check(660, vec![(LineKind::Room, 2_000), (LineKind::DayRate, 15_000)]);
    check(1_200, vec![(LineKind::DayRate, 30_000)]);
    check(1_440, vec![(LineKind::Room, 8_000), (LineKind::DayRate, 30_000)]);
}

#[test]
fn a_room_is_let_for_its_minimum_at_least() {
    let mut list = list(2_000, vec![]);
    list.rates.minimum_charge = Some(5_000);
    list.rates.duration_discounts = vec![DurationDiscount { min_hours: 2, percent: "10".parse().unwrap() }];
    assert_eq!(lines_of(&list, 60, NONE)[1], (LineKind::MinimumCharge, 3_000));
    // Measured after the discount: 40.00 less 4.00.
    assert_eq!(lines_of(&list, 120, NONE)[2], (LineKind::MinimumCharge, 1_400));
    assert!(lines_of(&list, 180, NONE).iter().all(|(kind, _)| *kind != LineKind::MinimumCharge));
    // Fees beside the room do not count towards it.
    list.rates.cleaning_fee = 9_000;
    assert_eq!(lines_of(&list, 60, NONE)[1], (LineKind::MinimumCharge, 3_000));
}

#[test]
fn people_beyond_those_included_are_paid_for() {
    let mut list = list(2_000, vec![]);
    list.rates.extra_person = Some(ExtraPerson { included: 4, per_use: 500, per_hour: 100 });
    let people = |party_size| lines_of(&list, 90, Extras { party_size, ..NONE });
    assert_eq!(people(Some(6))[1..3], [(LineKind::ExtraPerson, 1_000), (LineKind::ExtraPerson, 300)]);
    for party_size in [None, Some(1), Some(4)] {
        assert_eq!(people(party_size).len(), 2, "{party_size:?}");
    }
}

#[test]
fn a_weekend_is_a_rule_from_friday_evening_to_sunday_night() {
    let weekend = [
        rule("Weekend", &[Weekday::Friday], 18 * 60, 24 * 60, 3_000),
        rule("Weekend", &[Weekday::Saturday, Weekday::Sunday], 0, 24 * 60, 3_000),
    ];
    let list = list(2_000, weekend.to_vec());
    // Friday 17:00 to Monday 01:00 in Berlin.
    let whole = price(&list, between("2027-03-05T16:00:00Z", "2027-03-08T00:00:00Z"), &berlin(), NONE).unwrap();
    assert_eq!(amounts(&whole)[..2], [(LineKind::Room, 2 * 2_000), (LineKind::Room, 54 * 3_000)]);
    assert_eq!(whole.lines[1].description, "Weekend");
}

#[test]
fn a_promotion_takes_off_the_net_price_and_never_more() {
    let mut list = list(2_000, vec![]);
    list.rates.cleaning_fee = 500;
    let with = |reduction| {
        let terms = Terms { code: "SPRING".into(), reduction };
        price(&list, on_tuesday(60), &berlin(), Extras { promotion: Some(&terms), ..NONE }).unwrap()
    };
    let tenth = with(Reduction::Percent("10".parse().unwrap()));
    assert_eq!(amounts(&tenth)[2..], [(LineKind::Promotion, -250), (LineKind::Tax, 428)]);
    assert_eq!(tenth.subtotal_before_promotion().unwrap().amount, 2_500);
    assert_eq!(tenth.promotion_code.as_deref(), Some("SPRING"));
    let all = with(Reduction::Amount(Money::new(9_900, Currency::EUR)));
    assert_eq!((all.subtotal.amount, all.total.amount), (0, 0));
}

#[test]
fn a_deposit_is_a_share_or_an_amount_and_never_more_than_the_price() {
    let mut list = list(2_000, vec![]);
    let mut due = |deposit| {
        list.rates.deposit = deposit;
        price(&list, on_tuesday(60), &berlin(), NONE).unwrap().deposit_due.amount
    };
    assert_eq!(due(None), 0);
    assert_eq!(due(Some(Deposit::Percent("30".parse().unwrap()))), 714);
    assert_eq!(due(Some(Deposit::Amount(1_000))), 1_000);
    assert_eq!(due(Some(Deposit::Amount(10_000))), 2_380);
}
