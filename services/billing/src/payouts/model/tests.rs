use kernel::Currency;
use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn euros(amount: i64) -> Money {
    Money::new(amount, Currency::EUR)
}

fn payout() -> Payout {
    payout_by(ProviderName::Stripe, Way::Account("acct_1".to_owned()))
}

fn to_receiver() -> Payout {
    payout_by(ProviderName::Paypal, Way::Receiver(Some("studio@example.com".to_owned())))
}

fn payout_by(provider: ProviderName, way: Way) -> Payout {
    let reason = Reason::Asked(UserId::new());
    Payout::new(NewPayout { company_id: CompanyId::new(), provider, way, amount: euros(5_000), reason }, at(0))
}

fn failure() -> Failure {
    Failure { code: "account_closed".to_owned(), message: "The bank account has been closed.".to_owned() }
}

fn bank(progress: PayoutProgress) -> Fact {
    let failure = (progress == PayoutProgress::Failed).then(failure);
    Fact::Told(PayoutState {
        provider_payout_id: "po_1".to_owned(),
        amount: euros(5_000),
        progress,
        failure,
        arrives_at: Some(at(172_800)),
        movement_id: None,
    })
}

fn sent() -> Payout {
    let mut payout = payout();
    payout.apply(Fact::Held, at(1));
    payout.apply(Fact::Transferred("tr_1".to_owned()), at(2));
    payout.apply(bank(PayoutProgress::Pending), at(3));
    payout
}

/// A world that does each step as it is asked: what it answers, by step.
fn does(step: Step) -> Fact {
    match step {
        Step::Hold => Fact::Held,
        Step::Transfer => Fact::Transferred("tr_1".to_owned()),
        Step::PayOut => bank(PayoutProgress::Pending),
        Step::Ask => bank(PayoutProgress::Paid),
        Step::Capture => Fact::Captured,
        Step::Reverse => Fact::Reversed("trr_1".to_owned()),
        Step::Void => Fact::Voided,
        Step::Return => Fact::Returned,
    }
}

/// What is where, counted by an observer.
#[derive(Debug, Default, PartialEq, Eq)]
struct Books {
    held: i32,
    gone: i32,
    on_account: i32,
    at_bank: i32,
}

#[test]
fn a_payout_is_held_moved_sent_booked_and_arrives() {
    let mut payout = payout();
    let (mut steps, mut outcomes) = (Vec::new(), Vec::new());
    let mut now = 0;
    while let Some(step) = payout.next_step(at(now)) {
        steps.push(step);
        outcomes.extend(payout.apply(does(step), at(now)));
        now += 86_400;
    }
    assert_eq!(steps, [Step::Hold, Step::Transfer, Step::PayOut, Step::Capture, Step::Ask]);
    assert_eq!((payout.status, outcomes), (PayoutStatus::Paid, vec![Outcome::Requested, Outcome::Paid]));
    assert!(payout.check_at > Some(at(now)), "the bank may send it back");
}

#[test]
fn a_receiver_is_sent_to_at_once_and_the_address_is_kept_until_then() {
    let mut payout = to_receiver();
    let (mut steps, mut now) = (Vec::new(), 0);
    while let Some(step) = payout.next_step(at(now)) {
        let is_kept = matches!(payout.way, Way::Receiver(Some(_)));
        assert_eq!(is_kept, matches!(step, Step::Hold | Step::PayOut), "{step:?}");
        steps.push(step);
        payout.apply(does(step), at(now));
        now += 86_400;
    }
    assert_eq!(steps, [Step::Hold, Step::PayOut, Step::Ask, Step::Capture], "booked once it has left");
    assert_eq!(payout.status, PayoutStatus::Paid);
}

#[test]
fn what_does_not_reach_its_receiver_needs_nothing_taken_back() {
    let mut refused = to_receiver();
    refused.apply(Fact::Held, at(1));
    refused.apply(Fact::Refused(Step::Transfer, failure()), at(2));
    assert_eq!(refused.next_step(at(2)), Some(Step::PayOut), "nothing is ever transferred");
    refused.apply(Fact::Refused(Step::PayOut, failure()), at(2));
    assert_eq!((refused.next_step(at(2)), &refused.way), (Some(Step::Void), &Way::Receiver(None)));
    for progress in [PayoutProgress::Pending, PayoutProgress::Paid] {
        let mut returned = sent_to_receiver();
        returned.apply(moved(progress), at(2));
        assert_eq!(returned.next_step(at(2)), Some(Step::Capture));
        returned.apply(Fact::Captured, at(3));
        returned.apply(moved(PayoutProgress::Failed), at(4));
        assert_eq!(returned.next_step(at(4)), Some(Step::Return));
        assert_eq!(returned.apply(Fact::Returned, at(5)), Some(Outcome::Failed));
    }
}

fn sent_to_receiver() -> Payout {
    let mut payout = to_receiver();
    payout.apply(Fact::Held, at(1));
    payout.apply(bank(PayoutProgress::Pending), at(2));
    payout
}

/// As the provider tells of money that has left its balance.
fn moved(progress: PayoutProgress) -> Fact {
    let Fact::Told(state) = bank(progress) else { unreachable!() };
    Fact::Told(PayoutState { movement_id: Some("T1".to_owned()), ..state })
}

#[test]
fn the_books_follow_what_a_receiver_is_sent_only_as_far_as_it_has_left() {
    let mut payout = sent_to_receiver();
    assert_eq!(payout.next_step(at(3)), None, "it is only set aside");
    payout.apply(bank(PayoutProgress::Failed), at(4));
    assert_eq!(payout.next_step(at(4)), Some(Step::Void));

    // It left and came back before anybody heard of it.
    let mut unnoticed = sent_to_receiver();
    unnoticed.apply(moved(PayoutProgress::Failed), at(4));
    assert_eq!(unnoticed.next_step(at(4)), Some(Step::Capture));
    unnoticed.apply(Fact::Captured, at(5));
    assert_eq!(unnoticed.next_step(at(5)), Some(Step::Return));
}

#[test]
fn what_a_payout_waits_for_is_known_until_it_is_paid() {
    let Fact::Told(unclaimed) = moved(PayoutProgress::Pending) else { unreachable!() };
    let mut payout = sent_to_receiver();
    payout.apply(Fact::Told(PayoutState { failure: Some(failure()), ..unclaimed }), at(2));
    assert_eq!((payout.status, &payout.failure), (PayoutStatus::Sent, &Some(failure())));
    payout.apply(bank(PayoutProgress::Paid), at(3));
    assert_eq!((payout.failure, payout.movement_id.as_deref()), (None, Some("T1")));
}

#[test]
fn a_call_that_may_have_been_made_says_for_how_long() {
    let mut payout = to_receiver();
    assert_eq!(payout.disbursement_request("a@b.c", at(5)).unknown_for, None);
    payout.ask(at(5));
    payout.ask(at(9));
    assert_eq!(payout.disbursement_request("a@b.c", at(65)).unknown_for, Some(SignedDuration::from_secs(60)));
}

#[test]
fn what_the_provider_will_not_move_is_let_go() {
    let mut payout = payout();
    payout.apply(Fact::Held, at(1));
    payout.apply(Fact::Refused(Step::Transfer, failure()), at(2));
    assert_eq!(payout.next_step(at(2)), Some(Step::Void));
    assert_eq!(payout.apply(Fact::Voided, at(3)), Some(Outcome::Failed));
    assert_eq!((payout.status, payout.next_step(at(9))), (PayoutStatus::Failed, None));
}

#[test]
fn what_cannot_go_to_the_bank_is_taken_back_from_the_account_first() {
    let mut payout = payout();
    payout.apply(Fact::Held, at(1));
    payout.apply(Fact::Transferred("tr_1".to_owned()), at(2));
    payout.apply(Fact::Refused(Step::PayOut, failure()), at(3));
    assert_eq!(payout.next_step(at(3)), Some(Step::Reverse));
    payout.apply(Fact::Reversed("trr_1".to_owned()), at(4));
    assert_eq!(payout.next_step(at(4)), Some(Step::Void));
}

#[test]
fn a_failure_is_void_before_the_books_and_return_after_them() {
    for (captured, last) in [(false, Step::Void), (true, Step::Return)] {
        let mut payout = sent();
        if captured {
            payout.apply(Fact::Captured, at(4));
        }
        payout.apply(bank(PayoutProgress::Failed), at(5));
        payout.apply(Fact::Reversed("trr_1".to_owned()), at(6));
        assert_eq!(payout.next_step(at(6)), Some(last));
    }
}

#[test]
fn a_bank_may_send_back_what_it_has_taken_and_never_the_other_way_round() {
    let mut payout = sent();
    payout.apply(Fact::Captured, at(4));
    assert_eq!(payout.apply(bank(PayoutProgress::Paid), at(5)), Some(Outcome::Paid));
    assert_eq!(payout.apply(bank(PayoutProgress::Pending), at(6)), None);
    assert_eq!(payout.status, PayoutStatus::Paid, "news that is late");
    payout.apply(bank(PayoutProgress::Failed), at(7));
    assert_eq!(payout.status, PayoutStatus::Failing);
    assert_eq!(payout.apply(bank(PayoutProgress::Paid), at(8)), None);
    payout.apply(Fact::Reversed("trr_1".to_owned()), at(9));
    assert_eq!(payout.apply(Fact::Returned, at(10)), Some(Outcome::Failed));
    assert_eq!(payout.apply(bank(PayoutProgress::Paid), at(11)), None);
    assert_eq!(payout.status, PayoutStatus::Returned);
}

#[test]
fn no_answer_of_the_bank_makes_the_same_question_due_at_once() {
    for known in [PayoutProgress::Pending, PayoutProgress::Paid] {
        for answer in [PayoutProgress::Pending, PayoutProgress::Paid, PayoutProgress::Failed] {
            let mut payout = sent();
            payout.apply(Fact::Captured, at(4));
            payout.apply(bank(known), at(5));
            let due = payout.check_at.unwrap();
            assert_eq!(payout.next_step(due), Some(Step::Ask), "{known:?}");
            payout.apply(bank(answer), due);
            assert_ne!(payout.next_step(due), Some(Step::Ask), "{answer:?} after {known:?}");
        }
    }
}

#[test]
fn another_payout_of_the_bank_is_none_of_ours() {
    let mut payout = sent();
    let Fact::Told(mut other) = bank(PayoutProgress::Failed) else { unreachable!() };
    other.provider_payout_id = "po_2".to_owned();
    let before = payout.clone();
    payout.apply(Fact::Told(other), at(9));
    assert_eq!(payout, before);
}

#[test]
fn a_refusal_for_now_is_counted_once_however_many_hear_it() {
    let mut payout = payout();
    payout.ask(at(1));
    payout.put_off(0);
    payout.put_off(0);
    assert_eq!((payout.refusals, payout.asked_at), (1, None));
}

proptest! {
    /// Facts of every kind, in any order and as often as you like, between the steps that a world carries out: no step is
    /// carried out twice, and in the end the money is at the bank or with the company, and nowhere else.
    #[test]
    fn money_is_never_in_two_places(
        noise in prop::collection::vec(0..8_usize, 0..40), refused in 0..4_usize, has_account in any::<bool>(),
    ) {
        let mut payout = if has_account { payout() } else { to_receiver() };
        let on_account = i32::from(has_account);
        let mut books = Books::default();
        let mut noise = noise.into_iter();
        let mut now = 0;
        for _ in 0..60 {
            let Some(step) = payout.next_step(at(now)) else { break };
            now += 86_400;
            let fact = match (refused, step) {
                (1, Step::Transfer) | (2, Step::PayOut) => Fact::Refused(step, failure()),
                (3, Step::Ask) => bank(PayoutProgress::Failed),
                (0..=1, Step::Ask) => bank(PayoutProgress::Paid),
                _ => does(step),
            };
            match (&fact, step) {
                (Fact::Held, _) => books.held += 1,
                (Fact::Transferred(_), _) => books.on_account += 1,
                (Fact::Told(state), Step::PayOut) if state.progress == PayoutProgress::Pending => {
                    books.on_account -= on_account;
                    books.at_bank += 1;
                }
                (Fact::Told(state), Step::Ask) if state.progress == PayoutProgress::Failed => {
                    books.on_account += on_account;
                    books.at_bank -= 1;
                }
                (Fact::Captured, _) => { books.held -= 1; books.gone += 1; }
                (Fact::Reversed(_), _) => books.on_account -= 1,
                (Fact::Voided, _) => books.held -= 1,
                (Fact::Returned, _) => books.gone -= 1,
                _ => {}
            }
            payout.apply(fact.clone(), at(now));
            // The same again, and something of another time: what does not fit the state is ignored.
            payout.apply(fact, at(now));
            if let Some(kind) = noise.next() {
                let late = [Fact::Held, Fact::NotHeld(failure()), Fact::Transferred("tr_2".to_owned()),
                    bank(PayoutProgress::Pending), Fact::Refused(Step::Transfer, failure()), Fact::Held,
                    Fact::Refused(Step::PayOut, failure()), Fact::Held];
                let early = [PayoutStatus::Requested, PayoutStatus::Held, PayoutStatus::Transferred];
                if !early.contains(&payout.status) {
                    payout.apply(late[kind].clone(), at(now));
                }
            }
        }
        let is_gone = Books { gone: 1, at_bank: 1, ..Books::default() };
        let is_back = Books::default();
        match payout.status {
            PayoutStatus::Paid => prop_assert_eq!(books, is_gone),
            PayoutStatus::Sent if payout.captured_at.is_some() => prop_assert_eq!(books, is_gone),
            PayoutStatus::Sent => prop_assert_eq!(books, Books { held: 1, at_bank: 1, ..Books::default() }),
            PayoutStatus::Failed | PayoutStatus::Returned => prop_assert_eq!(books, is_back),
            other => prop_assert!(false, "{:?} with {:?}", other, books),
        }
    }
}
