use kernel::{BookingId, CompanyId, Currency};
use providers::ProviderName;

use super::*;
use crate::{
    payables::PayableRef,
    payments::{
        Fact,
        facts::{Grant, Success},
        model::{NewPayment, Tally},
    },
};

fn at(hour: i64) -> Timestamp {
    "2027-03-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(hour)
}

fn eur(amount: i64) -> Money {
    Money::new(amount, Currency::EUR)
}

fn pending(authorization: Authorization) -> Payment {
    let new = NewPayment {
        payable: PayableRef::Booking(BookingId::new()),
        company_id: CompanyId::new(),
        customer_user_id: Some(UserId::new()),
        provider: ProviderName::Stripe,
        amount: eur(20_000),
        authorization: Some(authorization),
        settlement: None,
        commission: None,
    };
    Payment::new(new, at(0))
}

/// Held since hour 0, until hour 160.
fn held() -> Payment {
    after(pending(Authorization::default()), &[granted()])
}

fn granted() -> Fact {
    Fact::Authorized(Grant {
        provider_payment_id: "pi_1".to_owned(),
        held: Held { amount: eur(20_000), until: Some(at(160)) },
        method: None,
        at: at(0),
    })
}

fn captured(amount: i64) -> Fact {
    Fact::Succeeded(Success { provider_payment_id: "pi_1".to_owned(), received: eur(amount), method: None, at: at(5) })
}

fn released() -> Fact {
    Fact::Released { at: at(9) }
}

fn after(mut payment: Payment, facts: &[Fact]) -> Payment {
    for fact in facts {
        payment.apply(fact, Tally::default()).unwrap();
    }
    payment
}

fn wishing(wish: Wish) -> Payment {
    let mut payment = held();
    payment.authorization.as_mut().unwrap().wish = Some(wish);
    payment
}

#[track_caller]
fn check_capture(mut payment: Payment, amount: Option<i64>, expected: Result<i64, Refusal>) {
    let before = payment.clone();
    assert_eq!(request_capture(&mut payment, amount, UserId::new(), at(1)), expected);
    assert_eq!(payment == before, expected.is_err(), "a refusal changes nothing");
}

#[test]
fn what_is_held_is_captured_once_and_never_more_than_that() {
    check_capture(held(), None, Ok(20_000));
    check_capture(held(), Some(1), Ok(1));
    check_capture(held(), Some(20_001), Err(Refusal::Exceeds(eur(20_000))));
    check_capture(pending(Authorization::default()), None, Err(Refusal::NotHeld));
    check_capture(Payment { authorization: None, ..held() }, None, Err(Refusal::NoAuthorization));
    check_capture(wishing(Wish::Capture(1)), Some(1), Err(Refusal::Captured));
    check_capture(after(held(), &[captured(5_000)]), None, Err(Refusal::Captured));
    check_capture(wishing(Wish::Void(VoidCause::Requested)), None, Err(Refusal::Voided));
    check_capture(wishing(Wish::Void(VoidCause::Renewed)), None, Err(Refusal::Renewed(None)));
    check_capture(after(wishing(Wish::Void(VoidCause::Over)), &[released()]), None, Err(Refusal::Voided));
    check_capture(after(held(), &[released()]), None, Err(Refusal::Expired));
    // Lapsed, and nobody has told.
    assert_eq!(request_capture(&mut held(), None, UserId::new(), at(160)), Err(Refusal::Expired));
}

#[test]
fn what_is_held_is_let_go_of_as_a_whole() {
    let void = |mut payment: Payment, amount| request_void(&mut payment, amount, UserId::new());
    assert_eq!(void(held(), None), Ok(()));
    assert_eq!(void(held(), Some(20_000)), Ok(()));
    assert_eq!(void(held(), Some(19_999)), Err(Refusal::PartOf(eur(20_000))));
    assert_eq!(void(wishing(Wish::Capture(1)), None), Err(Refusal::Captured));
    assert_eq!(void(wishing(Wish::Void(VoidCause::Requested)), None), Err(Refusal::Voided));
    assert_eq!(void(after(held(), &[released()]), None), Err(Refusal::Expired));
}

#[track_caller]
fn check_step(payment: &Payment, ends_at: i64, hour: i64, expected: Step) {
    assert_eq!(next_step(payment, Some(at(ends_at)), at(hour)), expected, "at {hour}");
}

#[test]
fn a_hold_is_renewed_a_day_before_it_lapses_if_it_is_wanted_after_that() {
    let payment = held();
    check_step(&payment, 300, 1, Step::Wait(Some(at(136))));
    check_step(&payment, 300, 136, Step::Renew);
    // Over by then, three days counted in.
    check_step(&payment, 88, 1, Step::Wait(Some(at(160))));
    check_step(&payment, 60, 1, Step::Wait(Some(at(132))));
    check_step(&payment, 60, 132, Step::Void(VoidCause::Over));
    assert_eq!(next_step(&payment, None, at(140)), Step::Wait(None));
    let mut tried = held();
    tried.authorization.as_mut().unwrap().renewal_tried_at = Some(at(136));
    check_step(&tried, 300, 140, Step::Wait(Some(at(372))));
}

#[test]
fn a_bank_that_does_not_say_holds_for_a_week() {
    let mut payment = held();
    payment.authorization.as_mut().unwrap().held_until = None;
    check_step(&payment, 300, 1, Step::Wait(Some(at(144))));
}

#[test]
fn every_wish_is_told_the_provider_until_it_has_come_true() {
    check_step(&wishing(Wish::Capture(7)), 300, 1, Step::Capture(7));
    check_step(&after(wishing(Wish::Capture(7)), &[captured(7)]), 300, 1, Step::Wait(None));
    check_step(&after(wishing(Wish::Capture(7)), &[released()]), 300, 1, Step::Wait(None));
    check_step(&wishing(Wish::Void(VoidCause::Requested)), 300, 1, Step::Release);
    check_step(&after(wishing(Wish::Void(VoidCause::Requested)), &[released()]), 300, 1, Step::Wait(None));
    // Given up, and held all the same: the customer agreed in that moment.
    check_step(&after(pending(Authorization::default()), &[Fact::SessionExpired, granted()]), 300, 1, Step::Release);
    let mut unheld = pending(Authorization::default());
    unheld.authorization.as_mut().unwrap().give_up(VoidCause::Unwanted);
    check_step(&unheld, 300, 1, Step::Wait(None));
    check_step(&after(unheld, &[granted()]), 300, 1, Step::Release);
}

/// The two payments as they are, what is decided, and what is to be done about each then.
#[track_caller]
fn check_settled(mut old: Payment, new: &[Fact], expected: &Settled, steps: (Step, Step)) {
    let mut renewal = after(pending(Authorization::renewing(old.id)), new);
    assert_eq!(next_step(&renewal, Some(at(300)), at(140)), Step::Settle(old.id));
    old.authorization.as_mut().unwrap().renewal_tried_at = Some(at(136));
    assert_eq!(&settle_renewal(&mut old, &mut renewal, at(140)), expected);
    let then = |payment: &Payment| next_step(payment, Some(at(300)), at(100));
    assert_eq!((then(&old), then(&renewal)), steps);
}

#[test]
fn of_an_authorisation_and_its_renewal_one_remains() {
    let (stays, rests) = (Step::Wait(Some(at(136))), Step::Wait(None));
    check_settled(held(), &[granted()], &Settled::Replaces, (Step::Release, stays));
    check_settled(wishing(Wish::Capture(7)), &[granted()], &Settled::NotNeeded, (Step::Capture(7), Step::Release));
    let taken = after(held(), &[captured(7)]);
    check_settled(taken, &[granted()], &Settled::NotNeeded, (rests, Step::Release));
    let voided = wishing(Wish::Void(VoidCause::Requested));
    check_settled(voided, &[granted()], &Settled::NotNeeded, (Step::Release, Step::Release));
    let lapsed = after(held(), &[released()]);
    check_settled(lapsed, &[granted()], &Settled::StandsAlone, (rests, stays));
    // The bank would not: the old one stands, and is let go of when its time has come.
    let refused = Fact::Refused(Failure { code: "authentication_required".to_owned(), message: String::new() });
    let failure = Failure { code: "authentication_required".to_owned(), message: String::new() };
    check_settled(held(), &[refused], &Settled::Failed(failure), (Step::Wait(Some(at(372))), rests));
}
