use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::bookings::{
    BookingError, Refusal,
    cancellation::CancellationPolicy,
    payment::{Origin, Orphan, Payment, Use, assess, assess_at_desk},
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
        repriced: false,
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
    let payment = paid_online(eur(amount), Origin::Paid);
    assert_eq!(assess(&booking, payment, at(minute)), expected, "{amount} for {status:?} with {paid} paid");
}

fn paid_online(amount: Money, origin: Origin) -> Payment {
    Payment { id: kernel::PaymentId::new(), amount, origin, settlement: None, commission_ppm: None }
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
    let pounds = paid_online(Money::new(3_000, Currency::GBP), Origin::Paid);
    assert_eq!(assess(&booking, pounds, at(5)), Err(Orphan::WrongAmount));
}

fn check_held(status: Status, paid: i64, amount: i64, expected: Result<Use, Orphan>, costs: i64) {
    let mut booking = Booking { amount_paid: eur(paid), ..booking(status) };
    assert_eq!(assess(&booking, paid_online(eur(amount), Origin::Held), at(40)), expected, "{amount} for {status:?}");
    booking.charge_beyond_due(eur(amount)).unwrap();
    booking.amount_paid.amount += amount;
    assert_eq!(booking.price.total, eur(costs), "{amount} for {status:?} with {paid} paid");
    assert_eq!(booking.due().amount, (costs - paid - amount).max(0));
}

#[test]
fn what_a_company_takes_of_held_money_pays_what_is_due_and_the_rest_is_charged() {
    check_held(Status::Confirmed, 3_000, 2_000, Ok(Use::Apply), 10_000);
    check_held(Status::Completed, 3_000, 7_000, Ok(Use::Apply), 10_000);
    check_held(Status::NoShow, 10_000, 4_000, Ok(Use::Apply), 14_000);
    check_held(Status::Completed, 3_000, 9_000, Ok(Use::Apply), 12_000);
    check_held(Status::Expired, 0, 3_000, Ok(Use::Retake), 10_000);
    check_held(Status::Held, 0, 2_999, Err(Orphan::WrongAmount), 10_000);
    check_held(Status::Cancelled, 0, 3_000, Err(Orphan::Cancelled), 10_000);
    // It stays charged when the booking is moved.
    let mut moved = booking(Status::Confirmed);
    let mut before = moved.price.clone();
    moved.charge_beyond_due(eur(15_000)).unwrap();
    before.keep_held_charges(&moved.price).unwrap();
    assert_eq!(before, moved.price);
}

/// A step of a random life.
#[derive(Debug, Clone)]
enum Step {
    Command(Command),
    Pay(i64),
    PayAtDesk(i64),
    /// To a price, and so many minutes later.
    Move(i64, i64),
    Wait(i64),
}

fn target(booking: &Booking, total: i64, later: i64) -> Target {
    let start = booking.interval.start() + SignedDuration::from_mins(later);
    let mut price = booking.price.clone();
    (price.total, price.deposit_due) = (eur(total), eur(total / 3));
    Target {
        interval: Interval::new(start, start + SignedDuration::from_mins(120)).unwrap(),
        room: BookedRoom { room_id: booking.room_id, turnaround_minutes: 15 },
        further_rooms: Vec::new(),
        price,
    }
}

fn moved(booking: &Booking, by: Mover, total: i64, later: i64, minute: i64) -> Then {
    let to = Box::new(target(booking, total, later));
    outcome(booking, &Command::Reschedule { by, to }, minute)
}

#[test]
fn who_may_move_what_and_until_when() {
    use Status::{Cancelled, Completed, Confirmed, Declined, Expired, Held, NoShow, Requested};
    use Then::{Becomes, Refused, Stays};
    let check = |status, by, minute| moved(&booking(status), by, 10_000, 60, minute);
    assert_eq!(check(Requested, Mover::Customer, 29), Becomes(Requested, Slot::Keep));
    assert_eq!(check(Held, Mover::Customer, 29), Becomes(Held, Slot::Take));
    assert_eq!(check(Held, Mover::Customer, 30), Refused(Refusal::HoldExpired));
    assert_eq!(check(Confirmed, Mover::Customer, 599), Becomes(Confirmed, Slot::Take));
    assert_eq!(check(Confirmed, Mover::Customer, 600), Refused(Refusal::HasBegun));
    assert_eq!(check(Confirmed, Mover::Company, 719), Becomes(Confirmed, Slot::Take));
    assert_eq!(check(Confirmed, Mover::Company, 720), Refused(Refusal::HasBegun));
    for status in [Cancelled, Completed, Declined, NoShow] {
        assert_eq!(check(status, Mover::Company, 29), Refused(Refusal::WrongStatus(status)));
    }
    assert_eq!(check(Expired, Mover::Customer, 29), Refused(Refusal::HoldExpired));
    let there = Booking { checked_in_at: Some(at(590)), ..booking(Confirmed) };
    assert_eq!(moved(&there, Mover::Company, 10_000, 60, 595), Refused(Refusal::HasBegun));
    let mut same = booking(Held);
    same.price.deposit_due = eur(3_333);
    assert_eq!(moved(&same, Mover::Customer, 10_000, 0, 5), Stays);
}

#[test]
fn what_was_paid_too_much_is_credited_once_and_providers_give_back_first() {
    let mut booking = Booking { amount_paid: eur(10_000), ..booking(Status::Confirmed) };
    booking.desk.paid = 4_000;
    let to = |booking: &Booking, total| {
        let to = Box::new(target(booking, total, 60));
        decide(booking, &Command::Reschedule { by: Mover::Customer, to }, at(10)).unwrap().unwrap()
    };
    booking.apply(&to(&booking, 3_000));
    assert_eq!((booking.credited, booking.desk.credited, booking.due()), (7_000, 1_000, eur(0)));
    assert_eq!(booking.desk_refund_due(at(10)), eur(1_000));
    booking.apply(&to(&booking, 5_000));
    assert_eq!((booking.credited, booking.due()), (7_000, eur(2_000)));
    booking.apply(&to(&booking, 3_000));
    assert_eq!((booking.credited, booking.terms().kept), (7_000, eur(3_000)), "nothing more was paid too much");
}

/// Held until minute 30 of 720, 10.00 of 100.00 paid at the desk.
#[test]
fn what_was_paid_towards_a_lapsed_hold_goes_back_or_counts_when_the_rest_comes() {
    let desk = Till { paid: 1_000, ..Till::default() };
    let mut lapsed = Booking { amount_paid: eur(1_000), desk, ..booking(Status::Held) };
    assert_eq!((lapsed.desk_refund_due(at(29)), lapsed.desk_refund_due(at(30))), (eur(0), eur(1_000)));
    assert_eq!(assess_at_desk(&lapsed, eur(9_000), at(40)), Ok(Use::Retake), "the rest");
    lapsed.hand_back(eur(400)).unwrap();
    assert_eq!((lapsed.desk_refund_due(at(30)), lapsed.due()), (eur(600), eur(9_400)));
    lapsed.hand_back(eur(600)).unwrap();
    assert_eq!((lapsed.desk_refund_due(at(30)), lapsed.due()), (eur(0), eur(10_000)));
    // Kept for them until the end: they had the room for what they paid.
    let kept = Booking { hold_expires_at: Some(at(720)), amount_paid: eur(1_000), desk, ..booking(Status::Held) };
    assert_eq!(kept.desk_refund_due(at(720)), eur(0));
}

#[test]
fn attendance_has_its_time() {
    use Refusal::{CheckedIn, PaymentRequired, TooEarly, TooLate, WrongStatus};
    use Then::{Becomes, Refused, Stays};
    let confirmed = booking(Status::Confirmed);
    let there = Booking { checked_in_at: Some(at(600)), ..confirmed.clone() };
    assert_eq!(outcome(&confirmed, &Command::CheckIn, 539), Refused(TooEarly));
    assert_eq!(outcome(&confirmed, &Command::CheckIn, 540), Becomes(Status::Confirmed, Slot::Keep));
    assert_eq!(outcome(&confirmed, &Command::CheckIn, 720), Refused(WrongStatus(Status::Completed)));
    assert_eq!(outcome(&there, &Command::CheckIn, 610), Stays);
    assert_eq!(outcome(&booking(Status::Held), &Command::CheckIn, 20), Refused(PaymentRequired));
    assert_eq!(outcome(&confirmed, &Command::MarkNoShow, 599), Refused(TooEarly));
    assert_eq!(outcome(&confirmed, &Command::MarkNoShow, 600), Becomes(Status::NoShow, Slot::Keep));
    assert_eq!(outcome(&confirmed, &Command::MarkNoShow, 719), Becomes(Status::NoShow, Slot::Keep));
    assert_eq!(outcome(&confirmed, &Command::MarkNoShow, 720), Refused(WrongStatus(Status::Completed)));
    assert_eq!(outcome(&there, &Command::MarkNoShow, 610), Refused(CheckedIn));
    let overtime = Command::ChargeOvertime { minutes: 30, price: Box::new(confirmed.price.clone()) };
    let week = 7 * 24 * 60;
    assert_eq!(outcome(&confirmed, &overtime, 599), Refused(TooEarly));
    assert_eq!(outcome(&booking(Status::Completed), &overtime, 720 + week), Becomes(Status::Completed, Slot::Keep));
    assert_eq!(outcome(&booking(Status::Completed), &overtime, 721 + week), Refused(TooLate));
    assert_eq!(outcome(&booking(Status::NoShow), &overtime, 730), Refused(WrongStatus(Status::NoShow)));
}

#[test]
fn reminders_have_their_time_and_their_reason() {
    let mut held = booking(Status::Held);
    let until = |booking: &Booking, kind, minute| booking.remind_until(kind, at(minute));
    assert_eq!(until(&held, ReminderKind::Hold, 29), None, "a hold of half an hour");
    held.hold_expires_at = Some(at(120));
    assert_eq!(until(&held, ReminderKind::Hold, 59), None);
    assert_eq!(until(&held, ReminderKind::Hold, 60), Some(at(120)));
    assert_eq!(until(&held, ReminderKind::Hold, 120), None, "too late");
    let at_desk = Booking { payment_mode: PaymentMode::AtDesk, ..held };
    assert_eq!(until(&at_desk, ReminderKind::Hold, 60), None);
    let confirmed = booking(Status::Confirmed);
    assert_eq!(until(&confirmed, ReminderKind::Balance, 0), Some(at(600)), "70.00 are due in ten hours");
    assert_eq!(until(&confirmed, ReminderKind::Balance, 600), None);
    let paid = Booking { amount_paid: eur(10_000), ..confirmed };
    assert_eq!(until(&paid, ReminderKind::Balance, 0), None);
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
        Just(Step::Command(Command::CheckIn)),
        Just(Step::Command(Command::MarkNoShow)),
        prop::sample::select(vec![3_000_i64, 7_000, 10_000, 1]).prop_map(Step::Pay),
        (1_i64..12_000).prop_map(Step::PayAtDesk),
        (0_i64..15_000, -60_i64..120).prop_map(|(total, later)| Step::Move(total, later)),
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
                Step::Move(total, later) => {
                    let to = Box::new(target(&booking, total, later));
                    let kept = booking.terms().kept;
                    let command = Command::Reschedule { by: Mover::Customer, to };
                    if let Ok(Some(change)) = decide(&booking, &command, at(minute)) {
                        booking.apply(&change);
                        let Fact::Rescheduled(moved) = change.fact else { panic!("{change:?}") };
                        prop_assert_eq!(kept.amount, booking.terms().kept.amount + moved.credit.amount);
                        prop_assert_eq!(booking.original_starts_at, before.original_starts_at);
                    }
                }
                Step::PayAtDesk(amount) => {
                    if let Ok(how) = assess_at_desk(&booking, eur(amount), at(minute)) {
                        booking.amount_paid.amount += amount;
                        booking.desk.paid += amount;
                        booking.version += 1;
                        if how != Use::Apply {
                            booking.status = Status::Confirmed;
                        }
                    }
                }
                Step::Pay(amount) => {
                    if let Ok(how) = assess(&booking, paid_online(eur(amount), Origin::Paid), at(minute)) {
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
            prop_assert!(booking.amount_paid.amount - booking.credited <= booking.price.total.amount);
            prop_assert!(booking.online().kept() >= 0 && booking.desk.credited <= booking.desk.paid);
            prop_assert!(booking.credited <= booking.amount_paid.amount);
        }
    }
}
