//! One delivery: inbox row, effect and the handler's own events in one transaction; failures counted, then parked.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use diesel::{ExpressionMethods, sql_types};
use diesel_async::RunQueryDsl;
use store::{Conn, Db};
use tokio::sync::Notify;
use tracing::Instrument;
use uuid::Uuid;

use crate::{
    Consumers, Envelope, HandlerError, Subscriber,
    schema::{delivery_attempts, inbox, parked_events},
};

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// Took effect, now or before.
    Done,
    /// Refused by its handler; deliver again after the delay.
    RetryAfter(Duration),
    /// Kept in `parked_events`; not delivered again until somebody replays it.
    Parked,
    /// The database is out of reach; nothing was counted. Stop consuming and try again.
    Unavailable,
}

/// The delays between refused deliveries; after the last one the event is parked.
#[derive(Debug, Clone)]
pub struct RetryPolicy(pub Vec<Duration>);

impl Default for RetryPolicy {
    fn default() -> Self {
        Self(vec![Duration::from_secs(5), Duration::from_secs(30), Duration::from_secs(300)])
    }
}

/// A service's consumers on its own database, ready to be subscribed to a bus.
pub struct ConsumerGroup<C> {
    pub name: String,
    pub db: Db,
    pub state: Arc<C>,
    pub consumers: Consumers<C>,
    pub retry: RetryPolicy,
    /// Notified after each effect, so that jobs look at once for what it left them to do.
    pub effects: Arc<Notify>,
}

#[async_trait]
impl<C: Send + Sync + 'static> Subscriber for ConsumerGroup<C> {
    fn name(&self) -> &str {
        &self.name
    }

    fn event_types(&self) -> Vec<String> {
        self.consumers.event_types()
    }

    async fn deliver(&self, envelope: &Envelope) -> Disposition {
        let span = tracing::info_span!(
            "consume", service = self.name, event_type = envelope.event_type, event_id = %envelope.id
        );
        telemetry::set_parent(&span, envelope.traceparent.as_deref());
        self.attempt(envelope).instrument(span).await
    }
}

impl<C: Send + Sync + 'static> ConsumerGroup<C> {
    async fn attempt(&self, envelope: &Envelope) -> Disposition {
        let effect = self.db.transaction(async |conn| {
            if record_in_inbox(conn, &self.name, envelope.id).await? {
                self.consumers.handle(&self.state, conn, envelope).await?;
            }
            Ok::<_, HandlerError>(())
        });
        match effect.await {
            Ok(()) => {
                self.effects.notify_waiters();
                Disposition::Done
            }
            Err(error) if error.is_unavailable() => {
                tracing::warn!(%error, "delivery postponed: the database is out of reach");
                Disposition::Unavailable
            }
            Err(error) => self.count_refusal(envelope, &error).await,
        }
    }

    async fn count_refusal(&self, envelope: &Envelope, error: &HandlerError) -> Disposition {
        let text = format!("{error}");
        let counted = self.db.transaction(async |conn| {
            let attempts = count_attempt(conn, &self.name, envelope.id, &text).await?;
            let delay = usize::try_from(attempts - 1).ok().and_then(|index| self.retry.0.get(index).copied());
            if delay.is_none() {
                park(conn, &self.name, envelope, &text).await?;
            }
            Ok::<_, HandlerError>(delay)
        });
        match counted.await {
            Ok(Some(delay)) => {
                tracing::warn!(error = text, retry_in_secs = delay.as_secs_f64(), "event refused by its handler");
                Disposition::RetryAfter(delay)
            }
            Ok(None) => {
                tracing::error!(error = text, "event parked");
                metrics::counter!("events_parked_total", "consumer" => self.name.clone()).increment(1);
                Disposition::Parked
            }
            Err(error) => {
                tracing::warn!(%error, "a refusal could not be counted");
                Disposition::Unavailable
            }
        }
    }
}

/// True when the event is new to the consumer.
async fn record_in_inbox(conn: &mut Conn, consumer: &str, event_id: Uuid) -> Result<bool, store::Error> {
    let inserted = diesel::insert_into(inbox::table)
        .values((inbox::consumer.eq(consumer), inbox::event_id.eq(event_id)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted == 1)
}

async fn count_attempt(conn: &mut Conn, consumer: &str, event_id: Uuid, error: &str) -> Result<i32, store::Error> {
    let attempts = diesel::insert_into(delivery_attempts::table)
        .values((
            delivery_attempts::consumer.eq(consumer),
            delivery_attempts::event_id.eq(event_id),
            delivery_attempts::attempts.eq(1),
            delivery_attempts::last_error.eq(error),
        ))
        .on_conflict((delivery_attempts::consumer, delivery_attempts::event_id))
        .do_update()
        .set((
            delivery_attempts::attempts.eq(delivery_attempts::attempts + 1),
            delivery_attempts::last_error.eq(error),
            delivery_attempts::updated_at.eq(diesel::dsl::sql::<sql_types::Timestamptz>("now()")),
        ))
        .returning(delivery_attempts::attempts)
        .get_result(conn)
        .await?;
    Ok(attempts)
}

async fn park(conn: &mut Conn, consumer: &str, envelope: &Envelope, error: &str) -> Result<(), HandlerError> {
    let whole = serde_json::to_vec(envelope).map_err(HandlerError::rejected)?;
    diesel::insert_into(parked_events::table)
        .values((
            parked_events::consumer.eq(consumer),
            parked_events::event_id.eq(envelope.id),
            parked_events::event_type.eq(&envelope.event_type),
            parked_events::envelope.eq(whole),
            parked_events::error.eq(error),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(())
}
