//! What holds of every price.

use kernel::Percent;
use proptest::prelude::*;

use super::*;
use crate::{
    bookings::cancellation::{Canceller, Terms as CancellationTerms, settle},
    local_time::{self, WeeklySpan},
};

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
                    stock_shared: false,
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
            policy: &price.cancellation_policy, starts_at: start, original_starts_at: start,
            free_until: Timestamp::UNIX_EPOCH, kept: paid,
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
