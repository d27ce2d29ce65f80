//! Closed periods, and when things are said to have happened.

use jiff::{SignedDuration, Timestamp};
use kernel::TransferId;
use ledger::{
    accounts::AccountCode,
    transfers::{Lateness, Leg, PostError, Refusal, TransferDraft, TransferKind},
};

use crate::{
    books::refused,
    support::{TestBooks, euros},
};

fn at(effective_at: Timestamp) -> TransferDraft {
    let (bank, unallocated) = (euros(AccountCode::Bank), euros(AccountCode::Unallocated));
    let legs = vec![Leg::debit(bank, 5), Leg::credit(unallocated, 5)];
    TransferDraft::new(TransferId::new(), TransferKind::Adjustment, "test", effective_at, legs).unwrap()
}

fn close(through: Timestamp, closed_at: Timestamp) -> String {
    format!("INSERT INTO closed_periods VALUES ('{through}', '{closed_at}', gen_random_uuid(), 'year end')")
}

async fn effective_at(test: &TestBooks, id: TransferId) -> i64 {
    let id = id.uuid();
    test.number(&format!(
        "SELECT (extract(epoch FROM effective_at) * 1000000)::bigint AS n FROM transfers WHERE id = '{id}'"
    ))
    .await
}

#[tokio::test]
async fn nothing_takes_effect_in_a_closed_period() {
    let test = TestBooks::start().await;
    let now = test.books.now();
    let (through, before) = (now - SignedDuration::from_hours(24), now - SignedDuration::from_hours(48));
    test.poster.post(at(before)).await.unwrap();
    test.execute_as_service(&close(through, now)).await.unwrap();

    // What has happened has happened: it counts from the first open instant on.
    let late = at(before);
    test.poster.post(late.clone()).await.unwrap();
    assert_eq!(effective_at(&test, late.id()).await, through.as_microsecond());
    // A person who names the date is told.
    let strict = at(before).when_late(Lateness::Refused);
    let answer = test.poster.post(strict).await;
    assert!(matches!(&answer, Err(PostError::Refused(Refusal::PeriodClosed(end))) if *end == through), "{answer:?}");
    test.poster.post(at(through).when_late(Lateness::Refused)).await.unwrap();
    test.assert_sound().await;
}

#[tokio::test]
async fn a_loop_that_has_not_heard_of_the_closing_is_stopped_by_the_database() {
    let test = TestBooks::start().await;
    let now = test.books.now();
    let before = now - SignedDuration::from_hours(48);
    for _ in 0..3 {
        test.poster.post(at(before)).await.unwrap();
    }
    let through = now - SignedDuration::from_hours(24);
    test.execute_as_service(&close(through, now)).await.unwrap();
    let late = at(before);
    test.poster.post(late.clone()).await.unwrap();
    assert_eq!(effective_at(&test, late.id()).await, through.as_microsecond());
}

#[tokio::test]
async fn periods_are_closed_in_order_and_never_in_the_future() {
    let test = TestBooks::start().await;
    let now = test.books.now();
    let hours = |hours| now - SignedDuration::from_hours(hours);
    test.execute_as_service(&close(hours(48), now)).await.unwrap();
    for earlier in [hours(48), hours(72)] {
        refused(test.execute_as_service(&close(earlier, now)).await, "closed_periods_in_order");
    }
    refused(test.execute_as_service(&close(hours(-1), now)).await, "closed_periods_are_past");
    test.execute_as_service(&close(hours(24), now)).await.unwrap();
}

#[tokio::test]
async fn nothing_takes_effect_before_it_is_recorded_or_is_recorded_before_its_predecessor() {
    let test = TestBooks::start().await;
    let now = test.books.now();
    let early = at(now + SignedDuration::from_hours(1));
    test.poster.post(early.clone()).await.unwrap();
    assert_eq!(effective_at(&test, early.id()).await, now.as_microsecond());
    // A process whose clock is behind does not write into the past of the account.
    test.clock.set(now - SignedDuration::from_mins(5));
    let receipt = test.second_poster().post(at(now)).await.unwrap();
    assert_eq!(receipt.recorded_at, now);
    test.assert_sound().await;
}
