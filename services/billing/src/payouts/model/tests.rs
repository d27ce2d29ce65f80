use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn euros(amount: i64) -> Money {
    Money::new(amount, Currency::EUR)
}

fn payout() -> Payout {
    let new = NewPayout {
        company_id: CompanyId::new(),
        provider: ProviderName::Stripe,
        provider_account_id: "acct_1".to_owned(),
        amount: euros(5_000),
        reason: Reason::Asked(UserId::new()),
    };
    Payout::new(new, at(0))
}

fn failure() -> Failure {
    Failure { code: "account_closed".to_owned(), message: "The bank account has been closed.".to_owned() }
}

fn bank(status: BankPayoutStatus) -> Fact {
    let failure = (status == BankPayoutStatus::Failed).then(failure);
    Fact::Bank(BankPayoutState {
        provider_payout_id: "po_1".to_owned(),
        amount: euros(5_000),
        status,
        failure,
        arrives_at: Some(at(172_800)),
    })
}

fn sent() -> Payout {
    let mut payout = payout();
    payout.apply(Fact::Held, at(1));
    payout.apply(Fact::Transferred("tr_1".to_owned()), at(2));
    payout.apply(bank(BankPayoutStatus::Pending), at(3));
    payout
}

/// A world that does each step as it is asked: what it answers, by step.
fn does(step: Step) -> Fact {
    match step {
        Step::Hold => Fact::Held,
        Step::Transfer => Fact::Transferred("tr_1".to_owned()),
        Step::PayOut => bank(BankPayoutStatus::Pending),
        Step::Ask => bank(BankPayoutStatus::Paid),
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
        payout.apply(bank(BankPayoutStatus::Failed), at(5));
        payout.apply(Fact::Reversed("trr_1".to_owned()), at(6));
        assert_eq!(payout.next_step(at(6)), Some(last));
    }
}

#[test]
fn a_bank_may_send_back_what_it_has_taken_and_never_the_other_way_round() {
    let mut payout = sent();
    payout.apply(Fact::Captured, at(4));
    assert_eq!(payout.apply(bank(BankPayoutStatus::Paid), at(5)), Some(Outcome::Paid));
    assert_eq!(payout.apply(bank(BankPayoutStatus::Pending), at(6)), None);
    assert_eq!(payout.status, PayoutStatus::Paid, "news that is late");
    payout.apply(bank(BankPayoutStatus::Failed), at(7));
    assert_eq!(payout.status, PayoutStatus::Failing);
    assert_eq!(payout.apply(bank(BankPayoutStatus::Paid), at(8)), None);
    payout.apply(Fact::Reversed("trr_1".to_owned()), at(9));
    assert_eq!(payout.apply(Fact::Returned, at(10)), Some(Outcome::Failed));
    assert_eq!(payout.apply(bank(BankPayoutStatus::Paid), at(11)), None);
    assert_eq!(payout.status, PayoutStatus::Returned);
}

#[test]
fn no_answer_of_the_bank_makes_the_same_question_due_at_once() {
    for known in [BankPayoutStatus::Pending, BankPayoutStatus::Paid] {
        for answer in [BankPayoutStatus::Pending, BankPayoutStatus::Paid, BankPayoutStatus::Failed] {
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
    let Fact::Bank(mut other) = bank(BankPayoutStatus::Failed) else { unreachable!() };
    other.provider_payout_id = "po_2".to_owned();
    let before = payout.clone();
    payout.apply(Fact::Bank(other), at(9));
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

#[test]
fn what_can_be_asked_for() {
    let payable = euros(10_000);
    for (wish, payable, expected) in [
        (Some(euros(100)), payable, Ok(euros(100))),
        (None, payable, Ok(payable)),
        (Some(euros(10_001)), payable, Err(Refusal::Insufficient(payable))),
        (Some(euros(99)), payable, Err(Refusal::BelowMinimum(euros(100)))),
        (Some(euros(-5)), payable, Err(Refusal::BelowMinimum(euros(100)))),
        (None, euros(99), Err(Refusal::BelowMinimum(euros(100)))),
        (None, euros(0), Err(Refusal::Insufficient(euros(0)))),
        (None, euros(-20), Err(Refusal::Insufficient(euros(0)))),
        (Some(Money::new(100, "USD".parse().unwrap())), payable, Err(Refusal::OtherCurrency(Currency::EUR))),
    ] {
        assert_eq!(amount_to_pay(wish, payable), expected, "{wish:?} of {payable}");
    }
    assert_eq!(least("JPY".parse().unwrap()).amount, 1);
}

proptest! {
    /// Facts of every kind, in any order and as often as you like, between the steps that a world carries out: no step is
    /// carried out twice, and in the end the money is at the bank or with the company, and nowhere else.
    #[test]
    fn money_is_never_in_two_places(noise in prop::collection::vec(0..8_usize, 0..40), refused in 0..4_usize) {
        let mut payout = payout();
        let mut books = Books::default();
        let mut noise = noise.into_iter();
        let mut now = 0;
        for _ in 0..60 {
            let Some(step) = payout.next_step(at(now)) else { break };
            now += 86_400;
            let fact = match (refused, step) {
                (1, Step::Transfer) | (2, Step::PayOut) => Fact::Refused(step, failure()),
                (3, Step::Ask) => bank(BankPayoutStatus::Failed),
                (0..=1, Step::Ask) => bank(BankPayoutStatus::Paid),
                _ => does(step),
            };
            match (&fact, step) {
                (Fact::Held, _) => books.held += 1,
                (Fact::Transferred(_), _) => books.on_account += 1,
                (Fact::Bank(state), Step::PayOut) if state.status == BankPayoutStatus::Pending => {
                    books.on_account -= 1;
                    books.at_bank += 1;
                }
                (Fact::Bank(state), Step::Ask) if state.status == BankPayoutStatus::Failed => {
                    books.on_account += 1;
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
                    bank(BankPayoutStatus::Pending), Fact::Refused(Step::Transfer, failure()), Fact::Held,
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
            PayoutStatus::Sent => prop_assert_eq!(books, is_gone),
            PayoutStatus::Failed | PayoutStatus::Returned => prop_assert_eq!(books, is_back),
            other => prop_assert!(false, "{:?} with {:?}", other, books),
        }
    }
}
