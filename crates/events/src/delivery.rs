//! One delivery: inbox row, effect and the handler's own events in one transaction; failures counted, then parked.

use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};

use async_trait::async_trait;
use futures_util::FutureExt;
use store::Db;
use tracing::Instrument;
use uuid::Uuid;

use crate::{Consumers, Effects, Envelope, HandlerError, Subscriber, inbox};

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

impl RetryPolicy {
    /// The delay after so many refusals; none when the event is to be parked.
    fn delay_after(&self, refusals: i32) -> Option<Duration> {
        let index = usize::try_from(refusals - 1).unwrap_or(0);
        self.0.get(index).copied()
    }
}

/// A service's consumers on its own database, ready to be subscribed to a bus.
pub struct ConsumerGroup<C> {
    /// Names the consumer in every inbox row and on the broker: it must not change.
    pub name: String,
    pub db: Db,
    pub state: Arc<C>,
    pub consumers: Consumers<C>,
    pub retry: RetryPolicy,
    /// Deliveries handled at once, each with a connection of the pool.
    pub concurrency: usize,
    /// Told of each effect, so that jobs look at once for what it left them to do.
    pub effects: Effects,
}

impl<C: Send + Sync + 'static> ConsumerGroup<C> {
    /// A group with the usual retries (5 s, 30 s, 5 min) and eight deliveries at once.
    pub fn new(name: impl Into<String>, db: Db, state: Arc<C>, consumers: Consumers<C>) -> Self {
        Self {
            name: name.into(),
            db,
            state,
            consumers,
            retry: RetryPolicy::default(),
            concurrency: 8,
            effects: Effects::new(),
        }
    }
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
        let disposition = match self.try_effect(envelope).await {
            Ok(()) => Disposition::Done,
            Err(error) if error.is_unavailable() => postponed(&error),
            Err(error) => self.count_refusal(envelope, &error).await,
        };
        let outcome = disposition.label();
        metrics::counter!("events_consumed_total", "consumer" => self.name.clone(), "outcome" => outcome).increment(1);
        disposition
    }

    fn concurrency(&self) -> usize {
        self.concurrency
    }

    fn lane(&self, envelope: &Envelope) -> Uuid {
        self.consumers.lane(&self.state, envelope)
    }

    fn retry_delays(&self) -> Vec<Duration> {
        self.retry.0.clone()
    }
}

impl<C: Send + Sync + 'static> ConsumerGroup<C> {
    /// The effect with its inbox row, in one transaction; counts nothing. Also clears what earlier refusals left.
    pub(crate) async fn try_effect(&self, envelope: &Envelope) -> Result<(), HandlerError> {
        let span = tracing::info_span!(
            "consume", service = self.name, event_type = envelope.event_type, event_id = %envelope.id
        );
        telemetry::set_parent(&span, envelope.traceparent.as_deref());
        let effect = self.db.transaction(async |conn| {
            if inbox::record(conn, &self.name, envelope.id).await? {
                self.consumers.handle(&self.state, conn, envelope).await?;
            }
            Ok::<_, HandlerError>(())
        });
        // A panic is the handler's fault like any other error: it must stop neither the consumer nor the process.
        let result = AssertUnwindSafe(effect.instrument(span.clone())).catch_unwind().await;
        result.unwrap_or_else(|_| Err(HandlerError::rejected("the handler panicked")))?;
        span.in_scope(|| tracing::info!(trace_id = telemetry::current_trace_id().unwrap_or_default(), "consumed"));
        self.effects.notify();
        Ok(())
    }

    async fn count_refusal(&self, envelope: &Envelope, refusal: &HandlerError) -> Disposition {
        let text = refusal.to_string();
        let counted = self.db.transaction(async |conn| {
            let refusals = inbox::count_refusal(conn, &self.name, envelope.id, &text).await?;
            let delay = self.retry.delay_after(refusals);
            if delay.is_none() {
                inbox::park(conn, &self.name, envelope, &text).await?;
            }
            Ok::<_, HandlerError>(delay)
        });
        match counted.await {
            Ok(Some(delay)) => {
                tracing::warn!(
                    consumer = self.name, event_type = envelope.event_type, event_id = %envelope.id, error = text,
                    retry_in_secs = delay.as_secs_f64(), "event refused by its handler"
                );
                Disposition::RetryAfter(delay)
            }
            Ok(None) => {
                tracing::error!(
                    consumer = self.name, event_type = envelope.event_type, event_id = %envelope.id, error = text,
                    "event parked"
                );
                Disposition::Parked
            }
            Err(error) => postponed(&error),
        }
    }
}

fn postponed(error: &HandlerError) -> Disposition {
    tracing::warn!(%error, "delivery postponed: the database is out of reach");
    Disposition::Unavailable
}

impl Disposition {
    fn label(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::RetryAfter(_) => "retry",
            Self::Parked => "parked",
            Self::Unavailable => "unavailable",
        }
    }
}
