//! Events that a consumer could not handle: listing them, and handling them again.
//!
//! A replay goes straight to the consumer's handler, past the bus. It is asked for by a mark on the row, so that it
//! can be asked for from another process, and carried out by the service itself.

use std::{sync::Arc, time::Duration};

use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use store::{Conn, Error};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{ConsumerGroup, Disposition, Envelope, schema::parked_events};

/// How often a service looks for replays that were asked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// An event that waits for somebody to do something about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedEvent {
    pub consumer: String,
    pub event_id: Uuid,
    pub event_type: String,
    /// What the handler said last.
    pub error: String,
    pub parked_at: Timestamp,
    /// Set while a replay is asked for and has not happened.
    pub replay_requested_at: Option<Timestamp>,
}

type Row = (String, Uuid, String, String, jiff_diesel::Timestamp, jiff_diesel::NullableTimestamp);

/// The parked events of a database, oldest first.
pub async fn list(conn: &mut Conn, limit: i64) -> Result<Vec<ParkedEvent>, Error> {
    let rows: Vec<Row> = parked_events::table
        .order((parked_events::parked_at, parked_events::event_id))
        .limit(limit)
        .select((
            parked_events::consumer,
            parked_events::event_id,
            parked_events::event_type,
            parked_events::error,
            parked_events::parked_at,
            parked_events::replay_requested_at,
        ))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(ParkedEvent::from).collect())
}

impl From<Row> for ParkedEvent {
    fn from((consumer, event_id, event_type, error, parked_at, replay_requested_at): Row) -> Self {
        Self {
            consumer,
            event_id,
            event_type,
            error,
            parked_at: parked_at.to_jiff(),
            replay_requested_at: replay_requested_at.to_jiff(),
        }
    }
}

/// How many events are parked in a database.
pub async fn count(conn: &mut Conn) -> Result<i64, Error> {
    Ok(parked_events::table.count().get_result(conn).await?)
}

/// Asks for a replay of one event for every consumer of the database that parked it; answers how many did.
pub async fn request_replay(conn: &mut Conn, event_id: Uuid) -> Result<usize, Error> {
    let marked = diesel::update(parked_events::table.filter(parked_events::event_id.eq(event_id)))
        .set(parked_events::replay_requested_at.eq(diesel::dsl::now))
        .execute(conn)
        .await?;
    Ok(marked)
}

/// Asks for a replay of everything that is parked in the database; answers how much that is.
pub async fn request_replay_of_all(conn: &mut Conn) -> Result<usize, Error> {
    let marked = diesel::update(parked_events::table)
        .set(parked_events::replay_requested_at.eq(diesel::dsl::now))
        .execute(conn)
        .await?;
    Ok(marked)
}

impl<C: Send + Sync + 'static> ConsumerGroup<C> {
    /// Carries out the replays that are asked for, until `stop`.
    pub async fn replay_until(self: Arc<Self>, stop: CancellationToken) {
        while !stop.is_cancelled() {
            if let Err(error) = self.replay_requested().await {
                tracing::warn!(%error, "parked events could not be replayed");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Replays what is asked for now, in the order of the requests; answers how many took effect. One that is refused
    /// stays parked with its new error until it is asked for again.
    pub async fn replay_requested(&self) -> Result<usize, Error> {
        let mut replayed = 0;
        while let Some((event_id, envelope)) = self.next_requested().await? {
            match self.replay(event_id, &envelope).await? {
                Disposition::Done => replayed += 1,
                Disposition::Unavailable => break,
                Disposition::Parked | Disposition::RetryAfter(_) => {}
            }
        }
        Ok(replayed)
    }

    async fn next_requested(&self) -> Result<Option<(Uuid, Vec<u8>)>, Error> {
        let mut conn = self.db.conn().await?;
        let next = parked_events::table
            .filter(parked_events::consumer.eq(&self.name).and(parked_events::replay_requested_at.is_not_null()))
            .order((parked_events::replay_requested_at, parked_events::event_id))
            .select((parked_events::event_id, parked_events::envelope))
            .first(&mut *conn)
            .await
            .optional()?;
        Ok(next)
    }

    async fn replay(&self, event_id: Uuid, envelope: &[u8]) -> Result<Disposition, Error> {
        let refusal = match serde_json::from_slice::<Envelope>(envelope) {
            Ok(envelope) => match self.try_effect(&envelope).await {
                Ok(()) => return Ok(Disposition::Done),
                Err(error) if error.is_unavailable() => return Ok(Disposition::Unavailable),
                Err(error) => error.to_string(),
            },
            Err(error) => format!("the parked envelope cannot be read: {error}"),
        };
        tracing::error!(consumer = self.name, %event_id, error = refusal, "replayed event parked again");
        self.park_again(event_id, &refusal).await?;
        Ok(Disposition::Parked)
    }

    async fn park_again(&self, event_id: Uuid, refusal: &str) -> Result<(), Error> {
        let mut conn = self.db.conn().await?;
        diesel::update(parked_events::table.find((&self.name, event_id)))
            .set((
                parked_events::error.eq(refusal),
                parked_events::parked_at.eq(diesel::dsl::now),
                parked_events::replay_requested_at.eq(None::<jiff_diesel::Timestamp>),
            ))
            .execute(&mut *conn)
            .await?;
        Ok(())
    }
}
