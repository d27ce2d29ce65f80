use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use kernel::{AddOnId, Percent, RoomId};
use proptest::prelude::*;

use super::*;
use crate::{
    bookings::cancellation::{Canceller, Terms as CancellationTerms, settle},
    local_time::{self, ClockTime, Weekday, WeeklySpan, zone},
    prices::model::{AddOn, DayRate, DurationDiscount, ExtraPerson, PeakRule, Rates},
    promotions::model::Reduction,
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

/// The independent reckoning, in sixtieths: look at each minute by itself and ask which rule's window it lies in; a
/// day that comes to more than the day rate costs that.
fn minute_by_minute(list: &PriceList, interval: Interval, zone: &TimeZone) -> i64 {
    let (mut sixtieths, mut day, mut in_day) = (0, 0, 0);
    let cap = list.rates.day_rate.map_or(i64::MAX, |rate| rate.amount * 60);
    let mut minute = interval.start();
    while minute < interval.end() {
        let next = minute + SignedDuration::from_mins(1);
        let this = Interval::new(minute, next).unwrap();
        let in_force = list.rates.rules.iter().find(|rule| {
            let spans: Vec<WeeklySpan> = rule.spans().collect();
            local_time::expand(&spans, zone, this).iter().any(|(_, window)| window.contains(minute))
        });
        day += in_force.map_or(list.rates.hourly_rate, |rule| rule.hourly_rate);
        in_day += 1;
        if list.rates.day_rate.is_some_and(|rate| in_day == rate.hours * 60) {
            sixtieths += day.min(cap);
            (day, in_day) = (0, 0);
        }
        minute = next;
    }
    sixtieths + day.min(cap)
}

fn is_room(line: &&Line) -> bool {
    matches!(line.kind, LineKind::Room | LineKind::DayRate)
}

/// A price list with some of everything.
fn any_list() -> impl Strategy<Value = PriceList> {
    let percent = || (0_u32..=10_000).prop_map(|points| Percent::new(Decimal::new(points.into(), 2)).unwrap());
    let deposit = prop_oneof![
        Just(None),
        percent().prop_map(|percent| Some(Deposit::Percent(percent))),
        (0_i64..100_000).prop_map(|amount| Some(Deposit::Amount(amount))),
    ];
    let extra = prop::option::of((1_i32..5, 0_i64..1_000, 0_i64..1_000));
    let add_on = (0_i64..5_000, 0_i64..5_000);
    (
        (0_i64..20_000, prop::collection::vec(any_rule(), 0..3), prop::option::of((0_i64..50_000, 1_i32..=24))),
        (percent(), 1_i32..12, prop::option::of(0_i64..50_000), extra, add_on),
        (0_i64..3_000, percent(), deposit),
    )
        .prop_map(
            |((rate, rules, day), (off, min_hours, minimum_charge, extra, add_on), (cleaning, tax, deposit))| {
                let mut list = list(rate, rules);
                list.rates.day_rate = day.map(|(amount, hours)| DayRate { amount, hours });
                list.rates.duration_discounts = vec![DurationDiscount { min_hours, percent: off }];
                list.rates.minimum_charge = minimum_charge;
                list.rates.extra_person =
                    extra.map(|(included, per_use, per_hour)| ExtraPerson { included, per_use, per_hour });
                list.rates.cleaning_fee = cleaning;
                list.rates.tax_rate = tax;
                list.rates.deposit = deposit;
                list.add_ons = vec![AddOn {
                    id: AddOnId::new(),
                    name: "Amp".into(),
                    per_use: add_on.0,
                    per_hour: add_on.1,
                    stock: None,
                    engineers: Vec::new(),
                }];
                list
            },
        )
}

fn any_reduction() -> impl Strategy<Value = Reduction> {
    prop_oneof![
        (1_u32..=10_000).prop_map(|p| Reduction::Percent(Percent::new(Decimal::new(p.into(), 2)).unwrap())),
        (1_i64..100_000).prop_map(|amount| Reduction::Amount(Money::new(amount, Currency::EUR))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The room's price is the sum of its minutes, but for half a cent a line.
    #[test]
    fn price_is_the_sum_of_its_minutes(
        rules in prop::collection::vec(any_rule(), 0..4), zone in any_zone(), rate in 0_i64..20_000,
        start in 0_i64..525_600, minutes in 1_i64..700, day in prop::option::of((0_i64..100_000, 1_i32..=8)),
    ) {
        let start = Timestamp::from_second(1_798_761_600 + start * 60).unwrap();
        let interval = Interval::new(start, start + SignedDuration::from_mins(minutes)).unwrap();
        let mut list = list(rate, rules);
        list.rates.day_rate = day.map(|(amount, hours)| DayRate { amount, hours });
        let price = price(&list, interval, &zone, NONE).unwrap();
        let lines = price.lines.iter().filter(is_room);
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
        let net = |from, to| price(&list, Interval::new(from, to).unwrap(), &zone, NONE).unwrap().subtotal.amount;
        let difference = net(start, middle) + net(middle, end) - net(start, end);
        prop_assert!(difference.abs() <= i64::try_from(list.rates.rules.len()).unwrap() + 2, "{difference}");
    }

    /// Whatever a list says: a price adds up, is never below zero, and what a cancellation gives back and keeps is what
    /// was paid.
    #[test]
    fn a_price_adds_up_and_a_cancellation_loses_no_cent(
        list in any_list(), zone in any_zone(), start in 0_i64..525_600, minutes in 1_i64..2_000,
        party_size in prop::option::of(1_i32..9), quantity in 1_i32..4, reduction in prop::option::of(any_reduction()),
        paid_deposit in any::<bool>(), hours_before in -10_i64..300, company in any::<bool>(),
    ) {
        let start = Timestamp::from_second(1_798_761_600 + start * 60).unwrap();
        let interval = Interval::new(start, start + SignedDuration::from_mins(minutes)).unwrap();
        let terms = reduction.map(|reduction| Terms { code: "SPRING".into(), reduction });
        let add_ons = [AddOnChoice { id: list.add_ons[0].id, quantity }];
        let extras = Extras { add_ons: &add_ons, party_size, promotion: terms.as_ref() };
        let price = price(&list, interval, &zone, extras).unwrap();

        prop_assert_eq!(sum(Currency::EUR, &price.lines).unwrap(), price.total);
        prop_assert_eq!(price.subtotal.checked_add(price.tax).unwrap(), price.total);
        prop_assert!(price.subtotal.amount >= 0 && price.tax.amount >= 0);
        prop_assert!((0..=price.total.amount).contains(&price.deposit_due.amount));
        let room: i64 = price.lines.iter()
            .filter(|line| is_room(line) || matches!(line.kind, LineKind::Discount | LineKind::MinimumCharge))
            .map(|line| line.amount.amount).sum();
        prop_assert!(room >= list.rates.minimum_charge.unwrap_or(0));

        let paid = if paid_deposit { price.deposit_due } else { price.total };
        let by = if company { Canceller::Company } else { Canceller::Customer };
        let terms = CancellationTerms {
            policy: &price.cancellation_policy, original_starts_at: start, free_until: Timestamp::UNIX_EPOCH, kept: paid,
        };
        let settlement = settle(&terms, by, start - SignedDuration::from_hours(hours_before)).unwrap();
        prop_assert_eq!(settlement.refund.checked_add(settlement.fee).unwrap(), paid);
    }

    /// A day rate never makes anything dearer, and a longer booking never costs less than a shorter one.
    #[test]
    fn a_longer_booking_never_costs_less(
        rules in prop::collection::vec(any_rule(), 0..3), rate in 0_i64..20_000, day in (0_i64..50_000, 1_i32..=24),
        start in 0_i64..525_600, minutes in 1_i64..1_500, more in 0_i64..600,
    ) {
        let start = Timestamp::from_second(1_798_761_600 + start * 60).unwrap();
        let mut list = list(rate, rules);
        let net = |list: &PriceList, minutes| {
            let interval = Interval::new(start, start + SignedDuration::from_mins(minutes)).unwrap();
            price(list, interval, &berlin(), NONE).unwrap().subtotal.amount
        };
        let without = net(&list, minutes);
        list.rates.day_rate = Some(DayRate { amount: day.0, hours: day.1 });
        let lines = i64::try_from(list.rates.rules.len()).unwrap() + 1;
        prop_assert!(net(&list, minutes) <= without + lines);
        prop_assert!(net(&list, minutes) <= net(&list, minutes + more) + lines, "but for the rounding of each line");
    }
}
