use proptest::prelude::*;

use super::*;

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + hour * 3_600).unwrap()
}

fn percent(percent: i64) -> Rate {
    Rate::from_ppm(percent * 10_000).unwrap()
}

/// Set for good from an hour on.
fn term(ground: Ground, rate: impl Into<Option<i64>>, starts: i64) -> Term {
    Term { ground, rate: rate.into().map(percent), starts_at: at(starts), ends_at: None }
}

fn promotion(rate: i64, starts: i64, ends: i64) -> Term {
    Term { ends_at: Some(at(ends)), ..term(Ground::Promotion, rate, starts) }
}

#[track_caller]
fn check(terms: &[Term], hour: i64, ground: Ground, rate: i64) {
    let found = in_force(terms, percent(10), at(hour));
    assert_eq!((found.ground, found.rate), (ground, percent(rate)), "at hour {hour}");
}

#[test]
fn a_promotion_overrules_the_company_which_overrules_its_plan() {
    check(&[], 0, Ground::Default, 10);
    let terms = [promotion(0, 0, 5), term(Ground::Company, 5, 0), term(Ground::Plan, 8, 0)];
    check(&terms, 4, Ground::Promotion, 0);
    assert_eq!(in_force(&terms, percent(10), at(4)).until, Some(at(5)));
    check(&terms, 5, Ground::Company, 5);
    check(&terms[2..], 5, Ground::Plan, 8);
    // Also where it is worse for the company.
    check(&[term(Ground::Plan, 8, 0), term(Ground::Company, 20, 0)], 0, Ground::Company, 20);
}

#[test]
fn a_rate_counts_from_its_first_instant_until_just_before_its_last() {
    let terms = [term(Ground::Company, 5, 2), promotion(0, 3, 4)];
    for (hour, ground, rate) in
        [(1, Ground::Default, 10), (2, Ground::Company, 5), (3, Ground::Promotion, 0), (4, Ground::Company, 5)]
    {
        check(&terms, hour, ground, rate);
    }
}

#[test]
fn what_is_set_later_replaces_what_was_set_before_once_it_begins() {
    let terms = [term(Ground::Company, 5, 0), term(Ground::Company, 7, 10)];
    check(&terms, 9, Ground::Company, 5);
    check(&terms, 10, Ground::Company, 7);
    // Something for now, set after it, takes an announced rate back.
    let withdrawn = [terms[0], terms[1], term(Ground::Company, 5, 1)];
    check(&withdrawn, 10, Ground::Company, 5);
}

#[test]
fn what_was_replaced_does_not_come_back_when_its_successor_ends() {
    check(&[promotion(0, 0, 100), promotion(2, 1, 5)], 6, Ground::Default, 10);
}

#[test]
fn what_is_taken_back_leaves_the_next_ground() {
    let terms = [term(Ground::Plan, 8, 0), term(Ground::Company, 5, 0), promotion(0, 0, 50)];
    let mut without = terms.to_vec();
    without.push(term(Ground::Promotion, None, 1));
    check(&without, 1, Ground::Company, 5);
    without.push(term(Ground::Company, None, 2));
    check(&without, 2, Ground::Plan, 8);
    without.push(term(Ground::Plan, None, 3));
    check(&without, 3, Ground::Default, 10);
}

fn any_term() -> impl Strategy<Value = Term> {
    let ground = prop_oneof![Just(Ground::Plan), Just(Ground::Company), Just(Ground::Promotion)];
    (ground, prop::option::weighted(0.8, 0..=50_i64), 0..20_i64, prop::option::of(1..10_i64)).prop_map(
        |(ground, rate, starts, lasts)| Term {
            ends_at: lasts.map(|lasts| at(starts + lasts)),
            ..term(ground, rate, starts)
        },
    )
}

proptest! {
    #[test]
    fn the_rate_is_one_that_was_set_for_now_and_nothing_that_lasts_overrules_it(
        terms in prop::collection::vec(any_term(), 0..12), hour in 0..30_i64,
    ) {
        let found = in_force(&terms, percent(10), at(hour));
        let newest = |ground| terms.iter().rev().find(|term| term.ground == ground && term.starts_at <= at(hour));
        for ground in [Ground::Plan, Ground::Company, Ground::Promotion] {
            let rate = newest(ground).filter(|term| term.ends_at.is_none_or(|end| at(hour) < end)).and_then(|term| term.rate);
            if ground == found.ground {
                prop_assert_eq!(rate, Some(found.rate));
            }
            if ground > found.ground {
                prop_assert_eq!(rate, None);
            }
        }
        if found.ground == Ground::Default {
            prop_assert_eq!(found.rate, percent(10));
        }
    }

    /// Whoever reads only what has begun, and of that the newest of each ground, decides the same.
    #[test]
    fn the_newest_of_each_ground_decides_alone(terms in prop::collection::vec(any_term(), 0..12), hour in 0..30_i64) {
        let begun: Vec<Term> = terms.iter().copied().filter(|term| term.starts_at <= at(hour)).collect();
        let newest: Vec<Term> = [Ground::Plan, Ground::Company, Ground::Promotion]
            .into_iter()
            .filter_map(|ground| begun.iter().rev().find(|term| term.ground == ground).copied())
            .collect();
        prop_assert_eq!(in_force(&newest, percent(10), at(hour)), in_force(&terms, percent(10), at(hour)));
    }

    #[test]
    fn what_is_announced_changes_nothing_before_it_begins(
        mut terms in prop::collection::vec(any_term(), 0..12), announced in any_term(), hour in 0..20_i64,
    ) {
        let before = in_force(&terms, percent(10), at(hour));
        terms.push(Term { starts_at: at(hour + 1), ..announced });
        prop_assert_eq!(in_force(&terms, percent(10), at(hour)), before);
    }
}
