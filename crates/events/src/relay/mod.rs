//! The relay: carries committed outbox rows to the bus.
//!
//! It polls. No row is ever passed over: a row is unpublished until it is marked, whatever the order in which
//! transactions commit. Publishing happens outside any transaction; a crash between publishing and marking repeats
//! events, which consumers know by their ids.

mod lease;
mod pace;
pub(crate) mod store;
mod waves;

use std::{collections::HashSet, sync::Arc, time::Duration};

use ::store::{Conn, Db, Error, PooledConn};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use self::{
    lease::Leases,
    pace::{Look, Pace},
    store::Unpublished,
};
use crate::{Bus, Settlement};

/// The events of a process that was killed wait so long, and up to a quarter longer, for another relay.
const LEASE: Duration = Duration::from_secs(4);

/// Rows of one shard in one pass: a batch of all 16 shards has 2,048.
const BATCH_PER_SHARD: i64 = 128;

/// With so many events in the bus's hands nothing more is read until some have settled.
const MAX_PENDING: usize = 10_000;

/// How long [`run_relay_once`] waits for consumers of the memory bus.
const ONCE_SETTLES_WITHIN: Duration = Duration::from_secs(5);

/// Publishes one database's outbox.
pub struct Relay {
    db: Db,
    bus: Arc<dyn Bus>,
    lease: Duration,
}

impl Relay {
    pub fn new(db: Db, bus: Arc<dyn Bus>) -> Self {
        Self { db, bus, lease: LEASE }
    }

    /// Real time after which the shards of a relay that died are taken over.
    pub fn with_lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// Publishes until `stop`, then gives its shards back. Survives the loss of its database and of its broker.
    pub async fn run(self, stop: CancellationToken) {
        let leases = Leases::new(self.lease);
        let mut publisher = Publisher::new(&leases, self.bus.as_ref());
        tokio::join!(keep_leases(&leases, &self.db, &stop), publish_until(&mut publisher, &self.db, &stop));
        if let Err(error) = leases.release(&self.db).await {
            tracing::warn!(%error, "outbox leases were not released and will lapse");
        }
    }
}

/// Publishes what is unpublished now and answers how many rows were marked; for tests that step the relay by hand.
///
/// Takes the leases that are free, waits a few seconds for consumers of a memory bus, and gives the leases back.
pub async fn run_relay_once(db: &Db, bus: &dyn Bus) -> Result<usize, Error> {
    let leases = Leases::new(LEASE);
    leases.renew(db).await?;
    let published = publish_all(&leases, db, bus).await;
    leases.release(db).await?;
    published
}

async fn publish_all(leases: &Leases, db: &Db, bus: &dyn Bus) -> Result<usize, Error> {
    let mut conn = db.conn().await?;
    let mut publisher = Publisher::new(leases, bus);
    while publisher.pass(&mut conn).await? == Look::Worked {}
    let all_settled = async { while publisher.settles().await {} };
    // Whatever does not settle in time stays unpublished, as it would with a relay that goes on.
    let _ = tokio::time::timeout(ONCE_SETTLES_WITHIN, all_settled).await;
    publisher.mark(&mut conn).await?;
    Ok(publisher.marked)
}

async fn keep_leases(leases: &Leases, db: &Db, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        if let Err(error) = leases.renew(db).await {
            tracing::warn!(%error, "outbox leases were not renewed");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = leases.due() => {}
        }
    }
}

async fn publish_until(publisher: &mut Publisher<'_>, db: &Db, stop: &CancellationToken) {
    let mut pace = Pace::default();
    // One connection for as long as it holds: a pool that requests have emptied must not delay events.
    let mut conn: Option<PooledConn> = None;
    while !stop.is_cancelled() {
        let wait = pace.after(publisher.look(&mut conn, db).await);
        if wait.is_zero() {
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
    if let Some(mut conn) = conn {
        publisher.collect();
        // What cannot be marked any more is published once more by the next relay.
        let _ = publisher.mark(&mut conn).await;
    }
}

/// What one relay has in hand.
struct Publisher<'a> {
    leases: &'a Leases,
    bus: &'a dyn Bus,
    /// In the hands of the bus, by id; not read again meanwhile.
    pending: HashSet<Uuid>,
    settlements: FuturesUnordered<BoxFuture<'static, (Unpublished, bool)>>,
    /// Settled, but not marked yet.
    settled: Vec<Unpublished>,
    marked: usize,
    /// The last failure, so that it is logged when it begins and when it ends.
    trouble: Option<String>,
}

impl<'a> Publisher<'a> {
    fn new(leases: &'a Leases, bus: &'a dyn Bus) -> Self {
        Self {
            leases,
            bus,
            pending: HashSet::new(),
            settlements: FuturesUnordered::new(),
            settled: Vec::new(),
            marked: 0,
            trouble: None,
        }
    }

    /// A pass on a connection that is replaced when it breaks.
    async fn look(&mut self, conn: &mut Option<PooledConn>, db: &Db) -> Look {
        let result = match conn {
            Some(conn) => self.pass(conn).await,
            None => match db.conn().await {
                Ok(fresh) => self.pass(conn.insert(fresh)).await,
                Err(error) => Err(error),
            },
        };
        result.unwrap_or_else(|error| {
            *conn = None;
            self.note(Some(error.to_string()));
            Look::Stuck
        })
    }

    /// Reads a batch, publishes it outside any transaction and marks it.
    async fn pass(&mut self, conn: &mut Conn) -> Result<Look, Error> {
        self.collect();
        self.mark(conn).await?;
        let held = self.leases.held();
        if held.is_empty() || self.pending.len() >= MAX_PENDING {
            return Ok(Look::Nothing);
        }
        let except: Vec<Uuid> = self.pending.iter().copied().collect();
        let rows = store::unpublished(conn, &held, &except, BATCH_PER_SHARD).await?;
        if rows.is_empty() {
            return Ok(Look::Nothing);
        }
        let outcome = waves::publish(self.bus, rows).await;
        let look = if outcome.is_stuck() { Look::Stuck } else { Look::Worked };
        self.note(outcome.failure);
        outcome.pending.into_iter().for_each(|(row, settlement)| self.wait_for(row, settlement));
        self.settled.extend(outcome.published);
        self.mark(conn).await?;
        Ok(look)
    }

    fn wait_for(&mut self, row: Unpublished, settlement: Settlement) {
        self.pending.insert(row.envelope.id);
        self.settlements.push(async move { (row, settlement.settled().await) }.boxed());
    }

    /// Takes what has settled meanwhile.
    fn collect(&mut self) {
        while let Some(Some((row, settled))) = self.settlements.next().now_or_never() {
            self.take(row, settled);
        }
    }

    /// Waits for one pending event to settle; false when there is none.
    async fn settles(&mut self) -> bool {
        match self.settlements.next().await {
            Some((row, settled)) => {
                self.take(row, settled);
                true
            }
            None => false,
        }
    }

    /// An event that the bus gave up is read and published again.
    fn take(&mut self, row: Unpublished, settled: bool) {
        self.pending.remove(&row.envelope.id);
        if settled {
            self.settled.push(row);
        }
    }

    async fn mark(&mut self, conn: &mut Conn) -> Result<(), Error> {
        if self.settled.is_empty() {
            return Ok(());
        }
        // Rows stay in hand until the database has answered: a failed mark is repeated, not published again.
        let marked = store::mark_published(conn, &self.settled).await?;
        if marked < self.settled.len() {
            self.leases.doubt();
        }
        metrics::counter!("events_published_total").increment(marked as u64);
        self.marked += marked;
        self.settled.clear();
        Ok(())
    }

    fn note(&mut self, trouble: Option<String>) {
        match (&self.trouble, &trouble) {
            (None, Some(reason)) => tracing::warn!(reason, "events cannot be published, trying again"),
            (Some(_), None) => tracing::info!("events are published again"),
            _ => {}
        }
        self.trouble = trouble;
    }
}
