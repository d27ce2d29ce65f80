//! Consumers that do what a test tells them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use contracts::booking::v1::BookingHeld;
use diesel::sql_types::{BigInt, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use events::{ConsumerGroup, Consumers, Delivery, HandlerError, RetryPolicy};
use futures_util::future::BoxFuture;
use store::{Conn, Db};

/// What a consumer does before it takes effect, given the event and how many calls there were before.
pub type Behaviour =
    Arc<dyn Fn(Delivery<BookingHeld>, usize) -> BoxFuture<'static, Result<(), HandlerError>> + Send + Sync>;

/// A consumer's state: every effect is a row, so that a double one is seen.
pub struct Probe {
    name: String,
    behaviour: Behaviour,
    pub calls: AtomicUsize,
}

pub type Group = Arc<ConsumerGroup<Probe>>;

impl Probe {
    /// A consumer of `BookingHeld` with two short retries.
    pub fn group(name: &str, db: Db, behaviour: Behaviour) -> Group {
        let state = Arc::new(Self { name: name.to_owned(), behaviour, calls: AtomicUsize::new(0) });
        let consumers =
            Consumers::new().on::<BookingHeld, _>(|probe, conn, delivery| Box::pin(handle(probe, conn, delivery)));
        let mut group = ConsumerGroup::new(name, db, state, consumers);
        group.retry = RetryPolicy(vec![Duration::from_millis(50), Duration::from_millis(100)]);
        Arc::new(group)
    }

    /// Takes effect of everything at once.
    pub fn willing(name: &str, db: Db) -> Group {
        Self::group(name, db, Arc::new(|_, _| Box::pin(async { Ok(()) })))
    }
}

async fn handle(probe: &Probe, conn: &mut Conn, delivery: Delivery<BookingHeld>) -> Result<(), HandlerError> {
    let (event_id, version) = (delivery.event_id, delivery.version);
    let call = probe.calls.fetch_add(1, Ordering::SeqCst);
    diesel::sql_query("INSERT INTO effects (consumer, event_id, version) VALUES ($1, $2, $3)")
        .bind::<Text, _>(&probe.name)
        .bind::<SqlUuid, _>(event_id)
        .bind::<BigInt, _>(version)
        .execute(conn)
        .await?;
    // After the effect: whatever goes wrong now has to undo it.
    (probe.behaviour)(delivery, call).await
}

/// A handler's refusal.
pub fn refuse() -> Result<(), HandlerError> {
    Err(HandlerError::rejected("not this one"))
}
