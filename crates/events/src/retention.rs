//! How long rows are kept.

use std::time::Duration;

use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;
use store::{Db, Error, sql::statement};
use tokio_util::sync::CancellationToken;

/// Published rows are what a lost broker or a consumer's lost database is filled from again.
const PUBLISHED_FOR: SignedDuration = SignedDuration::from_hours(14 * 24);

/// The inbox remembers longer than any outbox can repeat.
const PROCESSED_FOR: SignedDuration = SignedDuration::from_hours(45 * 24);

const SWEEP_EVERY: Duration = Duration::from_secs(3600);

/// Rows of one statement: it holds its locks for milliseconds.
const BATCH: i64 = 5_000;

/// Deletes rows of the outbox that were published before the instant (real time); answers how many.
pub async fn delete_published_before(db: &Db, before: Timestamp) -> Result<usize, Error> {
    const PUBLISHED: &str = "DELETE FROM outbox WHERE id IN \
        (SELECT id FROM outbox WHERE published_at < ? ORDER BY published_at LIMIT ?)";
    delete_in_batches(db, PUBLISHED, before).await
}

/// Deletes what the inbox remembers from before the instant (real time), with the refusals of events that nobody
/// delivers any more; answers how many. Parked events stay.
pub async fn delete_processed_before(db: &Db, before: Timestamp) -> Result<usize, Error> {
    const PROCESSED: &str = "DELETE FROM inbox WHERE (consumer, event_id) IN \
        (SELECT consumer, event_id FROM inbox WHERE processed_at < ? ORDER BY processed_at LIMIT ?)";
    const REFUSALS: &str = "DELETE FROM delivery_attempts WHERE (consumer, event_id) IN \
        (SELECT consumer, event_id FROM delivery_attempts WHERE updated_at < ? LIMIT ?)";
    let processed = delete_in_batches(db, PROCESSED, before).await?;
    Ok(processed + delete_in_batches(db, REFUSALS, before).await?)
}

async fn delete_in_batches(db: &Db, text: &'static str, before: Timestamp) -> Result<usize, Error> {
    let mut deleted = 0;
    loop {
        let mut conn = db.conn().await?;
        let batch = statement::<()>(text)
            .bind::<Timestamptz, _>(before.to_diesel())
            .bind::<BigInt, _>(BATCH)
            .execute(&mut *conn)
            .await?;
        deleted += batch;
        if batch < BATCH as usize {
            return Ok(deleted);
        }
    }
}

/// Deletes what is older than the horizons, now and every hour, until `stop`.
pub async fn sweep_until(db: Db, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = sweep(&db).await {
            tracing::warn!(%error, "old events were not deleted");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(SWEEP_EVERY) => {}
        }
    }
}

async fn sweep(db: &Db) -> Result<(), Error> {
    let now = kernel::clock::real_now();
    delete_published_before(db, now - PUBLISHED_FOR).await?;
    delete_processed_before(db, now - PROCESSED_FOR).await?;
    Ok(())
}
