use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::bookings::{
    BookingError, Refusal,
    cancellation::CancellationPolicy,
    payment::{Orphan, Use, assess},
};

fn at(minute: i64) -> Timestamp {
    "2027-03-01T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute)
}

fn eur(amount: i64) -> Money {
    Money::new(amount, Currency::EUR)
}

/// Made at minute 0, from minute 600 to 720, for 100.00 with a deposit of 30.00; held or requested until minute 30.
fn booking(status: Status) -> Booking {
    let price = Price {
        lines: Vec::new(),
        subtotal: eur(10_000),
        tax: eur(0),
        total: eur(10_000),
        deposit_due: eur(3_000),
        cancellation_policy: CancellationPolicy::default(),
        party_size: None,
        promotion_code: None,
    };
    let held = !matches!(status, Status::Requested | Status::Declined);
    Booking {
        id: BookingId::new(),
        version: 1,
        status,
        company_id: CompanyId::new(),
        studio_id: StudioId::new(),
        room_id: RoomId::new(),
        customer: Customer::Account(UserId::new()),
        booked_by: None,
        payment_mode: PaymentMode::Online,
        interval: Interval::new(at(600), at(720)).unwrap(),
        original_starts_at: at(600),
        time_zone: "Europe/Berlin".into(),
        turnaround_minutes: 15,
        further_rooms: Vec::new(),
        hold_minutes: 30,
        free_cancellation_until: at(0),
        price,
        amount_paid: if status == Status::Confirmed { eur(3_000) } else { eur(0) },
        amount_refunded: eur(0),
        desk: Till::default(),
        credited: 0,
        hold_expires_at: held.then(|| at(30)),
        request_expires_at: (!held).then(|| at(30)),
        note: None,
        cancellation: None,
        checked_in_at: None,
        created_at: at(0),
        series_id: None,
    }
}

/// What a command makes of a status: the new one, nothing, or a refusal.
#[derive(Debug, PartialEq, Eq)]
enum Then {
    Becomes(Status, Slot),
    Stays,
    Refused(Refusal),
}

fn outcome(booking: &Booking, command: &Command, minute: i64) -> Then {
    match decide(booking, command, at(minute)) {
        Ok(Some(change)) => Then::Becomes(change.status, change.slot),
        Ok(None) => Then::Stays,
        Err(BookingError::Refused(refusal)) => Then::Refused(refusal),
        Err(error) => panic!("{error}"),
    }
}

fn cancel() -> Command {
    Command::Cancel { by: Canceller::Customer, reason: None }
}

#[test]
fn every_status_answers_every_command() {
    use Refusal::{HoldExpired, PaymentRequired, RequestExpired, WrongStatus};
    use Status::{Cancelled, Completed, Confirmed, Declined, Expired, Held, NoShow, Requested};
    use Then::{Becomes, Refused, Stays};
    let wrong = |status| Refused(WrongStatus(status));
    // Status, then confirm, decline, cancel, expire, complete: before anything is due …
    let before = [
        (Requested, Becomes(Held, Slot::Take), Becomes(Declined, Slot::Keep), Becomes(Cancelled, Slot::Keep)),
        (Held, Refused(PaymentRequired), wrong(Held), Becomes(Cancelled, Slot::Release)),
        (Confirmed, Stays, wrong(Confirmed), Becomes(Cancelled, Slot::Release)),
        (Declined, wrong(Declined), Stays, wrong(Declined)),
        (Expired, Refused(HoldExpired), Refused(HoldExpired), Refused(HoldExpired)),
        (Cancelled, wrong(Cancelled), wrong(Cancelled), Stays),
        (Completed, wrong(Completed), wrong(Completed), wrong(Completed)),
        (NoShow, wrong(NoShow), wrong(NoShow), wrong(NoShow)),
    ];
    for (status, confirm, decline, cancelled) in before {
        let booking = booking(status);
        assert_eq!(outcome(&booking, &Command::Confirm, 29), confirm, "confirm {status:?}");
        assert_eq!(outcome(&booking, &Command::Decline, 29), decline, "decline {status:?}");
        assert_eq!(outcome(&booking, &cancel(), 29), cancelled, "cancel {status:?}");
        assert_eq!(outcome(&booking, &Command::Expire, 29), Stays, "expire {status:?}");
        assert_eq!(outcome(&booking, &Command::Complete, 719), Stays, "complete {status:?}");
    }
    // … and at the very instant it is.
    for command in [Command::Confirm, cancel()] {
        assert_eq!(outcome(&booking(Held), &command, 30), Refused(HoldExpired));
        assert_eq!(outcome(&booking(Requested), &command, 30), Refused(RequestExpired));
    }
    assert_eq!(outcome(&booking(Held), &Command::Expire, 30), Becomes(Expired, Slot::Release));
    assert_eq!(outcome(&booking(Requested), &Command::Expire, 30), Becomes(Expired, Slot::Keep));
    assert_eq!(outcome(&booking(Confirmed), &Command::Complete, 720), Becomes(Completed, Slot::Keep));
    assert_eq!(outcome(&booking(Confirmed), &cancel(), 720), wrong(Completed));
}

#[test]
fn agreeing_to_what_costs_nothing_confirms_at_once() {
    let mut free = booking(Status::Requested);
    free.price.total = eur(0);
    free.price.deposit_due = eur(0);
    assert_eq!(outcome(&free, &Command::Confirm, 5), Then::Becomes(Status::Confirmed, Slot::Take));
}

#[test]
fn an_accepted_offer_gives_the_time_to_pay_and_never_less_than_it_had() {
    let mut offered = booking(Status::Held);
    let change = decide(&offered, &Command::Accept, at(20)).unwrap().unwrap();
    offered.apply(&change);
    assert_eq!((offered.status, offered.hold_expires_at), (Status::Held, Some(at(50))));
    assert_eq!(outcome(&offered, &Command::Accept, 20), Then::Stays);
    let long = Booking { hold_expires_at: Some(at(300)), ..booking(Status::Held) };
    assert_eq!(outcome(&long, &Command::Accept, 20), Then::Stays);
    let free = Booking { amount_paid: eur(10_000), ..booking(Status::Held) };
    assert_eq!(outcome(&free, &Command::Accept, 20), Then::Becomes(Status::Confirmed, Slot::Keep));
    assert_eq!(outcome(&booking(Status::Held), &Command::Accept, 30), Then::Refused(Refusal::HoldExpired));
    let cancelled = booking(Status::Cancelled);
    assert_eq!(outcome(&cancelled, &Command::Accept, 5), Then::Refused(Refusal::WrongStatus(Status::Cancelled)));
}

#[test]
fn a_hold_made_by_agreement_lasts_from_that_instant() {
    let mut requested = booking(Status::Requested);
    let change = decide(&requested, &Command::Confirm, at(29)).unwrap().unwrap();
    requested.apply(&change);
    assert_eq!((requested.status, requested.hold_expires_at, requested.version), (Status::Held, Some(at(59)), 2));
    assert_eq!(requested.status_at(at(58)), Status::Held);
    assert_eq!(requested.status_at(at(59)), Status::Expired);
}

fn check_payment(status: Status, paid: i64, amount: i64, minute: i64, expected: Result<Use, Orphan>) {
    let booking = Booking { amount_paid: eur(paid), ..booking(status) };
    assert_eq!(assess(&booking, eur(amount), at(minute)), expected, "{amount} for {status:?} with {paid} paid");
}

#[test]
fn a_payment_is_used_once_and_for_what_is_due() {
    check_payment(Status::Held, 0, 3_000, 5, Ok(Use::Confirm));
    check_payment(Status::Held, 0, 10_000, 5, Ok(Use::Confirm));
    check_payment(Status::Held, 0, 2_999, 5, Err(Orphan::WrongAmount));
    check_payment(Status::Held, 0, 3_000, 31, Ok(Use::Confirm));
    check_payment(Status::Held, 0, 3_000, 720, Err(Orphan::SlotTaken));
    check_payment(Status::Expired, 0, 3_000, 31, Ok(Use::Retake));
    check_payment(Status::Expired, 0, 3_000, 720, Err(Orphan::SlotTaken));
    check_payment(Status::Confirmed, 3_000, 3_000, 40, Err(Orphan::WrongAmount));
    check_payment(Status::Confirmed, 3_000, 7_000, 40, Ok(Use::Apply));
    check_payment(Status::Confirmed, 10_000, 7_000, 40, Err(Orphan::AlreadyPaid));
    check_payment(Status::Completed, 3_000, 7_000, 900, Ok(Use::Apply));
    check_payment(Status::Cancelled, 0, 3_000, 5, Err(Orphan::Cancelled));
    check_payment(Status::Declined, 0, 3_000, 5, Err(Orphan::Declined));
    check_payment(Status::Requested, 0, 3_000, 5, Err(Orphan::NotPayable));
    let booking = booking(Status::Held);
    assert_eq!(assess(&booking, Money::new(3_000, Currency::GBP), at(5)), Err(Orphan::WrongAmount));
}

/// A step of a random life.
#[derive(Debug, Clone)]
enum Step {
    Command(Command),
    Pay(i64),
    Wait(i64),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        Just(Step::Command(Command::Confirm)),
        Just(Step::Command(Command::Accept)),
        Just(Step::Command(Command::Decline)),
        Just(Step::Command(cancel())),
        Just(Step::Command(Command::Cancel { by: Canceller::Company, reason: None })),
        Just(Step::Command(Command::Expire)),
        Just(Step::Command(Command::Complete)),
        prop::sample::select(vec![3_000_i64, 7_000, 10_000, 1]).prop_map(Step::Pay),
        (1_i64..200).prop_map(Step::Wait),
    ]
}

/// The arrows of the specification.
fn is_allowed(from: Status, to: Status) -> bool {
    use Status::{Cancelled, Completed, Confirmed, Declined, Expired, Held, NoShow, Requested};
    match from {
        Requested => matches!(to, Held | Confirmed | Declined | Expired | Cancelled),
        Held => matches!(to, Confirmed | Expired | Cancelled),
        Expired => to == Confirmed,
        Confirmed => matches!(to, Completed | NoShow | Cancelled),
        Declined | Cancelled | Completed | NoShow => false,
    }
}

proptest! {
    /// Whatever happens in whatever order: only the arrows of the state machine are walked, money in is never more
    /// than the price, a confirmed booking has its deposit, and every change is a version.
    #[test]
    fn random_lives_keep_every_invariant(request in any::<bool>(), steps in prop::collection::vec(any_step(), 1..30)) {
        let mut booking = booking(if request { Status::Requested } else { Status::Held });
        let mut minute = 0;
        for step in steps {
            let before = booking.clone();
            match step {
                Step::Wait(minutes) => minute += minutes,
                Step::Command(command) => {
                    if let Ok(Some(change)) = decide(&booking, &command, at(minute)) {
                        booking.apply(&change);
                        prop_assert_eq!(decide(&booking, &command, at(minute)).ok().flatten(), None, "repeatable");
                        if let Some(cancellation) = &booking.cancellation {
                            prop_assert!(cancellation.refund.amount <= booking.amount_paid.amount);
                        }
                    }
                }
                Step::Pay(amount) => {
                    if let Ok(how) = assess(&booking, eur(amount), at(minute)) {
                        booking.amount_paid.amount += amount;
                        booking.version += 1;
                        if how != Use::Apply {
                            booking.status = Status::Confirmed;
                        }
                    }
                }
            }
            if booking.status != before.status {
                prop_assert!(is_allowed(before.status, booking.status), "{:?} to {:?}", before.status, booking.status);
                prop_assert!(booking.version > before.version);
            }
            prop_assert!(booking.amount_paid.amount <= booking.price.total.amount);
            if booking.status == Status::Confirmed {
                prop_assert!(!booking.payment_required());
            }
        }
    }
}
