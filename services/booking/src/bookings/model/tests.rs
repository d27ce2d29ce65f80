use proptest::prelude::*;

use super::{
    sample::{at, booking, cancel, eur, paid_online, target},
    *,
};
use crate::bookings::payment::{Origin, Use, assess, assess_at_desk};

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
