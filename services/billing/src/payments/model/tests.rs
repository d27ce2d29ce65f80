use std::collections::HashMap;

use kernel::{BookingId, Currency};
use proptest::prelude::*;

use super::*;
use crate::payments::facts::{Attempt, ToldBy};
use providers::Held;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn payment() -> Payment {
    let new = NewPayment {
        payable: PayableRef::Booking(BookingId::new()),
        company_id: CompanyId::new(),
        customer_user_id: Some(UserId::new()),
        provider: ProviderName::Stripe,
        amount: Money::new(9_000, Currency::EUR),
        authorization: None,
        settlement: None,
        commission: None,
    };
    Payment::new(new, at(0))
}

fn succeeded() -> Fact {
    success(None)
}

/// The one of Stripe's three events about a success that knows the card.
fn succeeded_by_card() -> Fact {
    success(Some(MethodSummary { kind: "card".to_owned(), brand: None, last4: None, exp_month: None, exp_year: None }))
}

fn success(method: Option<MethodSummary>) -> Fact {
    Fact::Succeeded(Success {
        provider_payment_id: "pi_1".to_owned(),
        received: Money::new(9_000, Currency::EUR),
        method,
        at: at(50),
    })
}

fn tells_success(fact: &Fact) -> bool {
    matches!(fact, Fact::Succeeded(_))
}

fn declined(event: &str, second: i64, is_final: bool) -> Fact {
    Fact::Declined(Decline {
        provider_payment_id: Some("pi_1".to_owned()),
        failure: Failure { code: format!("declined_{event}"), message: "No.".to_owned() },
        at: at(second),
        told_by: ToldBy::Event(event.to_owned()),
        is_final,
    })
}

fn processing(second: i64) -> Fact {
    Fact::Processing { provider_payment_id: "pi_1".to_owned(), at: at(second) }
}

/// Plays facts as the command does, with attempts recorded once by key.
struct Player {
    payment: Payment,
    keys: HashMap<String, ()>,
    turns: Vec<Turn>,
}

impl Player {
    fn new() -> Self {
        Self { payment: payment(), keys: HashMap::new(), turns: Vec::new() }
    }

    /// Of a payment that is only held at first.
    fn holding() -> Self {
        let payment = Payment { authorization: Some(Authorization::default()), ..payment() };
        Self { payment, ..Self::new() }
    }

    fn play(mut self, facts: &[Fact]) -> Self {
        for fact in facts {
            if let Some(attempt) = fact.attempt() {
                self.keys.insert(attempt.key, ());
            }
            let before = self.payment.clone();
            let turn = self.payment.apply(fact, self.tally()).unwrap();
            assert!(!before.knows(fact) || (self.payment == before && turn.is_none()), "{fact:?} was news");
            self.turns.extend(turn);
        }
        self
    }

    fn tally(&self) -> Tally {
        let count = |is_wanted: fn(&str) -> bool| self.keys.keys().filter(|key| is_wanted(key)).count() as i32;
        Tally {
            declined_by_events: count(|key| key.starts_with("event:")),
            declined_as_seen: count(|key| key == Attempt::SEEN),
            succeeded: count(|key| key == Attempt::SUCCEEDED),
        }
    }
}

#[track_caller]
fn check(facts: &[Fact], status: PaymentStatus, attempts: i32, failure: Option<&str>) {
    let player = Player::new().play(facts);
    let payment = player.payment;
    let code = payment.failure.as_ref().map(|failure| failure.code.as_str());
    assert_eq!((payment.status, payment.attempts, code), (status, attempts, failure));
}

#[test]
fn a_decline_leaves_the_payment_open_for_another_try() {
    check(&[declined("a", 10, false)], PaymentStatus::Pending, 1, Some("declined_a"));
    check(&[declined("a", 10, false), succeeded()], PaymentStatus::Succeeded, 2, None);
}

#[test]
fn a_late_decline_never_undoes_success() {
    check(&[succeeded(), declined("a", 90, true)], PaymentStatus::Succeeded, 2, None);
    check(&[succeeded(), Fact::SessionExpired], PaymentStatus::Succeeded, 1, None);
    let turns = Player::new().play(&[succeeded(), declined("a", 90, false)]).turns;
    assert_eq!(turns, [Turn::Succeeded]);
}

#[test]
fn money_in_flight_counts_after_everything_was_given_up() {
    check(&[Fact::SessionExpired, succeeded()], PaymentStatus::Succeeded, 1, None);
    let refused = Fact::Refused(Failure { code: "no".to_owned(), message: String::new() });
    check(std::slice::from_ref(&refused), PaymentStatus::Failed, 0, Some("no"));
    check(&[refused, succeeded()], PaymentStatus::Succeeded, 1, None);
}

#[test]
fn a_decline_ends_the_processing_before_it_and_not_the_one_after() {
    check(&[processing(10), declined("a", 20, false)], PaymentStatus::Pending, 1, Some("declined_a"));
    check(&[declined("a", 20, false), processing(10)], PaymentStatus::Pending, 1, Some("declined_a"));
    check(&[processing(30), declined("a", 20, false)], PaymentStatus::Processing, 1, Some("declined_a"));
    check(&[processing(10), declined("a", 20, true)], PaymentStatus::Failed, 1, Some("declined_a"));
}

#[test]
fn one_attempt_told_twice_counts_once() {
    let event = declined("a", 10, false);
    check(&[event.clone(), event.clone()], PaymentStatus::Pending, 1, Some("declined_a"));
    let seen = Fact::Declined(Decline {
        provider_payment_id: None,
        failure: Failure { code: "declined_a".to_owned(), message: String::new() },
        at: at(11),
        told_by: ToldBy::Asking,
        is_final: false,
    });
    check(&[seen.clone(), event.clone(), seen.clone()], PaymentStatus::Pending, 1, Some("declined_a"));
    let turns = Player::new().play(&[seen, event]).turns;
    assert_eq!(turns.len(), 1, "{turns:?}");
}

#[test]
fn money_of_another_currency_changes_nothing() {
    let mut payment = payment();
    let before = payment.clone();
    for received in [Money::new(9_000, Currency::GBP), Money::new(0, Currency::EUR), Money::new(-1, Currency::EUR)] {
        let Fact::Succeeded(success) = succeeded() else { unreachable!() };
        let fact = Fact::Succeeded(Success { received, ..success });
        assert!(payment.apply(&fact, Tally { succeeded: 1, ..Tally::default() }).is_err());
        assert_eq!(payment, before);
    }
}

#[test]
fn the_provider_is_asked_as_long_as_it_may_have_something_to_tell() {
    let mut payment = payment();
    let is_asked =
        |payment: &Payment, hours: i64| payment.next_check(at(0) + SignedDuration::from_hours(hours)).is_some();
    assert!(is_asked(&payment, 0) && is_asked(&payment, 1_000));
    payment.status = PaymentStatus::Cancelled;
    assert!(is_asked(&payment, 72) && !is_asked(&payment, 73));
    payment.status = PaymentStatus::Succeeded;
    assert!(!is_asked(&payment, 0));
}

#[test]
fn refunds_never_exceed_what_was_captured() {
    let mut payment = Player::new().play(&[succeeded()]).payment;
    assert!(payment.reserve_refund(9_001).is_err() && payment.reserve_refund(0).is_err());
    payment.reserve_refund(6_000).unwrap();
    assert_eq!(payment.reserve_refund(3_001).unwrap_err().left.amount, 3_000);
    payment.reserve_refund(3_000).unwrap();
    assert_eq!(payment.settle_refund(6_000), 0);
    payment.release_refund(3_000);
    assert_eq!((payment.left().amount, payment.refunded), (3_000, 6_000));
    assert!(self::payment().reserve_refund(1).is_err(), "nothing was captured");
}

fn authorized(second: i64, until: Option<Timestamp>) -> Fact {
    let held = Held { amount: Money::new(9_000, Currency::EUR), until };
    Fact::Authorized(Grant { provider_payment_id: "pi_1".to_owned(), held, method: None, at: at(second) })
}

#[track_caller]
fn check_held(facts: &[Fact], status: PaymentStatus, failure: Option<&str>) {
    let payment = Player::holding().play(facts).payment;
    let code = payment.failure.as_ref().map(|failure| failure.code.as_str());
    assert_eq!((payment.status, code), (status, failure));
}

#[test]
fn what_is_held_is_neither_paid_nor_declined() {
    check_held(&[processing(10), authorized(20, None)], PaymentStatus::Authorized, None);
    check_held(&[authorized(20, None), processing(30)], PaymentStatus::Authorized, None);
    check_held(&[declined("a", 10, false), authorized(20, None)], PaymentStatus::Authorized, None);
    check_held(&[authorized(20, None), declined("a", 10, false)], PaymentStatus::Authorized, None);
    check_held(&[authorized(20, None), succeeded()], PaymentStatus::Succeeded, None);
    check_held(&[authorized(20, None), Fact::Released { at: at(90) }], PaymentStatus::Cancelled, None);
    check_held(&[Fact::Released { at: at(90) }, authorized(20, None)], PaymentStatus::Cancelled, None);
    check_held(&[succeeded(), Fact::Released { at: at(90) }], PaymentStatus::Succeeded, None);
    // Of a payment that is taken at once nothing is held.
    check(&[authorized(20, None)], PaymentStatus::Pending, 0, None);
}

fn any_fact_of_a_hold() -> impl Strategy<Value = Fact> {
    prop_oneof![
        any_fact(),
        Just(authorized(20, Some(at(900)))),
        Just(authorized(25, None)),
        Just(Fact::Released { at: at(90) }),
    ]
}

fn any_fact() -> impl Strategy<Value = Fact> {
    prop_oneof![
        Just(succeeded()),
        Just(succeeded_by_card()),
        // One event always says the same.
        (0..4_i64).prop_map(|event| declined(&event.to_string(), event * 17 + 3, event == 3)),
        (0..100_i64).prop_map(processing),
        Just(Fact::SessionExpired),
    ]
}

fn repeated_and_shuffled(facts: Vec<Fact>) -> impl Strategy<Value = (Vec<Fact>, Vec<Fact>)> {
    let repeats = prop::collection::vec(1..4_usize, facts.len());
    repeats.prop_flat_map(move |repeats| {
        let repeated: Vec<Fact> =
            facts.iter().zip(&repeats).flat_map(|(fact, times)| std::iter::repeat_n(fact.clone(), *times)).collect();
        (Just(facts.clone()), Just(repeated).prop_shuffle())
    })
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_end_alike_and_success_is_told_once(
        (ordered, shuffled) in prop::collection::vec(any_fact(), 0..12).prop_flat_map(repeated_and_shuffled)
    ) {
        let start = Player::new();
        let other = Player { payment: start.payment.clone(), keys: HashMap::new(), turns: Vec::new() };
        let (one, two) = (start.play(&ordered), other.play(&shuffled));
        let expected = usize::from(ordered.iter().any(tells_success));
        for player in [&one, &two] {
            prop_assert_eq!(player.turns.iter().filter(|turn| **turn == Turn::Succeeded).count(), expected);
        }
        prop_assert_eq!(one.payment, two.payment);
    }

    #[test]
    fn a_hold_ends_alike_in_any_order_and_its_capture_is_told_once(
        (ordered, shuffled) in prop::collection::vec(any_fact_of_a_hold(), 0..12).prop_flat_map(repeated_and_shuffled)
    ) {
        let start = Player::holding();
        let other = Player { payment: start.payment.clone(), keys: HashMap::new(), turns: Vec::new() };
        let (one, two) = (start.play(&ordered), other.play(&shuffled));
        let expected = usize::from(ordered.iter().any(tells_success));
        prop_assert_eq!(one.turns.iter().filter(|turn| **turn == Turn::Succeeded).count(), expected);
        prop_assert_eq!(one.payment, two.payment);
    }
}
