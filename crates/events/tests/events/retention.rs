//! What is deleted, and what is not.

use events::retention::{delete_processed_before, delete_published_before};
use jiff::SignedDuration;

use crate::support::TestDatabase;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_published_rows_past_the_horizon_are_deleted() {
    let data = TestDatabase::create().await;
    data.emit_many(3).await;
    data.execute(
        "WITH numbered AS (SELECT id, row_number() OVER () AS n FROM outbox) \
         UPDATE outbox SET published_at = clock_timestamp() - interval '1 day' * n FROM numbered \
         WHERE outbox.id = numbered.id AND n < 3",
    )
    .await;
    let horizon = kernel::clock::real_now() - SignedDuration::from_hours(36);
    assert_eq!(delete_published_before(&data.db, horizon).await.unwrap(), 1);
    assert_eq!(data.number("SELECT count(*) FROM outbox").await, 2);
    assert_eq!(data.unpublished().await, 1, "an unpublished row is never deleted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_inbox_forgets_what_is_past_its_horizon() {
    let data = TestDatabase::create().await;
    data.execute(
        "INSERT INTO inbox (consumer, event_id, processed_at) \
         SELECT 'billing', gen_random_uuid(), clock_timestamp() - interval '1 day' * n FROM generate_series(1, 12000) n",
    )
    .await;
    let horizon = kernel::clock::real_now() - SignedDuration::from_hours(24 * 1000 + 12);
    assert_eq!(delete_processed_before(&data.db, horizon).await.unwrap(), 11_000);
    assert_eq!(data.number("SELECT count(*) FROM inbox").await, 1_000);
}
