//! Events from a committed outbox row to a committed inbox row, over RabbitMQ.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, ensure};
use async_trait::async_trait;
use contracts::booking::v1::{BookingHeld, BookingState};
use events::{
    Bus, ConsumerGroup, Consumers, Delivery, Disposition, Envelope, EventsRuntime, RabbitMqBus, RabbitMqConfig,
    Subscriber,
    outbox::{self, Change},
};
use kernel::{clock::real_now, new_uuid};
use store::Db;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{rate, rates, thousands};
use crate::{
    contest::Spread,
    load::{Counter, Throughput, millis, percentile},
    report::{Section, Table, at_least, below},
    run::Run,
    tools::{Script, pgbench},
};

const AIM_P99_MILLIS: f64 = 100.0;
const AIM_PER_SECOND: f64 = 3000.0;

/// The steady load of the latency measurement.
const PER_SECOND: u64 = 500;
const STEADY_FOR: Duration = Duration::from_secs(20);

/// Events that are on their way at once while the maximum is measured.
const ON_THEIR_WAY: u64 = 4000;
const PER_TRANSACTION: u64 = 50;

/// Handled at once by a consumer, and the default of a service's pool.
const CONCURRENCY: usize = 8;
const POOL: usize = 16;

const FROM: &str = "bench_events_outbox";
const TO: &str = "bench_events_inbox";

const TEXT: &str = "From the commit of an outbox row in one database to the commit of its inbox row in another, through \
relay, RabbitMQ (a quorum queue, publisher confirms) and a consumer with eight deliveries at once whose handler does \
nothing. *Latency* is measured at 500 events a second for 20 seconds, each written in a transaction of its own. The \
*maximum* is what arrives while two writers keep 4,000 events on their way, 50 a transaction; its baseline is pgbench with \
eight clients inserting inbox rows, one a transaction, and nothing else. Every event is counted in the inbox afterwards.";

pub async fn measure(run: &Run) -> anyhow::Result<Section> {
    let line = Line::start(run).await?;
    let (mut latencies, per_second) = line.steady().await?;
    let p99 = percentile(&mut latencies, 99.0);
    let script = Script { name: "events", sql: include_str!("../../sql/events.sql"), variables: &[] };
    let results = run.pace.contest(&["pgbench", "events"], async |contender, time| match contender {
        0 => pgbench(run, TO, &script, CONCURRENCY, time).await,
        _ => line.at_full_speed(time).await,
    });
    let results = results.await?;
    line.end(run).await?;

    let maximum = Spread::of(rates(&results[1]));
    let ratio = Spread::of_ratios(&rates(&results[0]), &rates(&results[1]));
    let mut table = Table::new(&["", "figure", "baseline", "ratio", "aim"]);
    let latency = |name: &str, value: Duration, aim: String| {
        vec![format!("latency at {per_second:.0}/s, {name}"), millis(value), "–".to_owned(), "–".to_owned(), aim]
    };
    table.rows.push(latency("p50", percentile(&mut latencies, 50.0), String::new()));
    table.rows.push(latency("p99", p99, below(AIM_P99_MILLIS, "ms", p99.as_secs_f64() * 1000.0)));
    table.rows.push(latency("slowest", percentile(&mut latencies, 100.0), String::new()));
    table.rows.push(vec![
        "maximum".to_owned(),
        format!("{}/s ({}–{})", thousands(maximum.median), thousands(maximum.min), thousands(maximum.max)),
        format!("{}/s", rate(&results[0])),
        ratio.to_string(),
        at_least(AIM_PER_SECOND, maximum.median),
    ]);
    Ok(Section { title: "Events", text: TEXT.to_owned(), table })
}

/// An outbox, a relay, a broker, a consumer and its inbox.
struct Line {
    from: Db,
    to: Db,
    bus: Arc<RabbitMqBus>,
    tally: Arc<Tally>,
    stop: CancellationToken,
    relay: EventsRuntime,
    consumer: tokio::task::JoinHandle<()>,
    written: AtomicU64,
}

impl Line {
    async fn start(run: &Run) -> anyhow::Result<Self> {
        let from = database(run, FROM).await?;
        let to = database(run, TO).await?;
        let mut config = RabbitMqConfig::new(&run.amqp_url);
        config.prefix = format!("bench-events-{}", std::process::id());
        let bus = Arc::new(RabbitMqBus::new(&config)?);
        let consumers = Consumers::new().on(|(): &(), _conn, _held: Delivery<BookingHeld>| Box::pin(async { Ok(()) }));
        let group = ConsumerGroup::new("bench", to.clone(), Arc::new(()), consumers);
        let tally = Arc::new(Tally::default());
        let stop = CancellationToken::new();
        let consumer = bus.subscribe(Arc::new(Observed { group, tally: tally.clone() }), stop.clone());
        bus.open();
        let relay = EventsRuntime::start::<()>(Some(from.clone()), bus.clone(), None, &stop);
        Ok(Self { from, to, bus, tally, stop, relay, consumer, written: AtomicU64::new(0) })
    }

    /// Writes so many events in one transaction and answers their ids.
    async fn write(&self, count: u64) -> anyhow::Result<Vec<Uuid>> {
        let ids = write(&self.from, count).await?;
        self.written.fetch_add(count, Ordering::Relaxed);
        Ok(ids)
    }

    fn on_their_way(&self) -> u64 {
        self.written.load(Ordering::Relaxed).saturating_sub(self.tally.done())
    }

    async fn arrived(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + Duration::from_secs(120);
        while self.on_their_way() > 0 {
            ensure!(Instant::now() < deadline, "{} events have not arrived", self.on_their_way());
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// From commit to commit, at a steady rate. Each event is written when it is due, or as soon after it as a
    /// writer is free; the rate that came of it is answered too.
    async fn steady(&self) -> anyhow::Result<(Vec<Duration>, f64)> {
        self.write(1).await?;
        self.arrived().await?;
        self.tally.watch(true);
        let count = PER_SECOND * STEADY_FOR.as_secs();
        let (numbers, began) = (Counter::default(), Instant::now());
        let mut writers = JoinSet::new();
        for _ in 0..CONCURRENCY {
            let (from, tally, numbers) = (self.from.clone(), self.tally.clone(), numbers.clone());
            writers.spawn(async move {
                let due = || Some(numbers.next()).filter(|number| *number < count);
                while let Some(number) = due() {
                    sleep_until(began + Duration::from_secs(number) / PER_SECOND as u32).await;
                    tally.committed(&write(&from, 1).await?);
                }
                anyhow::Ok(())
            });
        }
        while let Some(written) = writers.join_next().await {
            written??;
        }
        let per_second = count as f64 / began.elapsed().as_secs_f64();
        self.written.fetch_add(count, Ordering::Relaxed);
        self.arrived().await?;
        self.tally.watch(false);
        let latencies = self.tally.take_latencies();
        eprintln!("  {} events, {per_second:.0} a second", latencies.len());
        ensure!(latencies.len() as u64 == count, "{} of {count} events were seen", latencies.len());
        Ok((latencies, per_second))
    }

    /// What arrives in so long, while as much is on its way as may be.
    async fn at_full_speed(&self, time: Duration) -> anyhow::Result<Throughput> {
        let until = Instant::now() + RAMP + time;
        let counting = async {
            sleep(RAMP).await;
            let (before, began) = (self.tally.done(), Instant::now());
            sleep(time).await;
            (self.tally.done() - before) as f64 / began.elapsed().as_secs_f64()
        };
        let (one, other, per_second) = tokio::join!(self.fill(until), self.fill(until), counting);
        one.and(other)?;
        self.arrived().await?;
        Ok(Throughput { per_second, p50: None, p99: None })
    }

    async fn fill(&self, until: Instant) -> anyhow::Result<()> {
        while Instant::now() < until {
            if self.on_their_way() < ON_THEIR_WAY {
                self.write(PER_TRANSACTION).await?;
            } else {
                sleep(Duration::from_millis(1)).await;
            }
        }
        Ok(())
    }

    /// Every event is in the inbox once, and nothing waits.
    async fn end(self, run: &Run) -> anyhow::Result<()> {
        self.stop.cancel();
        self.relay.drain().await;
        self.consumer.await?;
        self.bus.close().await;
        let count = async |database: &str, what: &str| {
            run.postgres.ask(database, &format!("SELECT count(*)::text AS value FROM {what}")).await
        };
        let written = self.written.load(Ordering::Relaxed).to_string();
        let arrived = count(TO, "inbox WHERE consumer = 'bench'").await?;
        ensure!(written == arrived, "{written} events were written and {arrived} arrived");
        let waiting = count(FROM, "outbox WHERE published_at IS NULL").await?;
        ensure!(waiting == "0", "{waiting} events are not marked as published");
        self.from.close();
        self.to.close();
        run.postgres.drop(FROM).await?;
        run.postgres.drop(TO).await
    }
}

/// Until the first events arrive and the flow is even.
const RAMP: Duration = Duration::from_secs(1);

async fn database(run: &Run, name: &str) -> anyhow::Result<Db> {
    let url = run.postgres.create(name).await?;
    store::migrate(&url, vec![events::MIGRATIONS]).await?;
    Db::new(&url, POOL)
}

async fn write(from: &Db, count: u64) -> anyhow::Result<Vec<Uuid>> {
    let ids = from.transaction(async |conn| {
        let mut ids = Vec::new();
        for _ in 0..count {
            let aggregate_id = new_uuid();
            let change = Change {
                aggregate_type: "booking",
                aggregate_id,
                version: 1,
                ordinal: 0,
                tenant: None,
                occurred_at: real_now(),
            };
            ids.push(outbox::enqueue(conn, change, &held(aggregate_id)).await?);
        }
        Ok::<_, store::Error>(ids)
    });
    ids.await.context("writing to the outbox")
}

/// As large as a real one.
fn held(booking_id: Uuid) -> BookingHeld {
    let now = real_now().as_microsecond();
    let id = |prefix: &str| format!("{prefix}_{}", booking_id.simple());
    BookingHeld {
        booking: Some(BookingState {
            booking_id: id("bkg"),
            version: 1,
            status: "held".to_owned(),
            company_id: id("com"),
            company_country: "FI".to_owned(),
            studio_id: id("std"),
            studio_name: "Bench Studio".to_owned(),
            room_id: id("rom"),
            room_name: "Room A".to_owned(),
            customer_user_id: id("usr"),
            starts_at_micros: now,
            ends_at_micros: now,
            time_zone: "Europe/Helsinki".to_owned(),
            currency: "EUR".to_owned(),
            subtotal: 2000,
            tax: 510,
            total: 2510,
            hold_expires_at_micros: Some(now),
            ..BookingState::default()
        }),
    }
}

/// A consumer group whose effects are seen from outside: when a delivery answers, its inbox row is committed.
struct Observed {
    group: ConsumerGroup<()>,
    tally: Arc<Tally>,
}

#[async_trait]
impl Subscriber for Observed {
    fn name(&self) -> &str {
        self.group.name()
    }

    fn event_types(&self) -> Vec<String> {
        self.group.event_types()
    }

    async fn deliver(&self, envelope: &Envelope) -> Disposition {
        let disposition = self.group.deliver(envelope).await;
        if disposition == Disposition::Done {
            self.tally.arrived(envelope.id);
        }
        disposition
    }

    fn concurrency(&self) -> usize {
        self.group.concurrency()
    }

    fn retry_delays(&self) -> Vec<Duration> {
        self.group.retry_delays()
    }
}

/// What has arrived, and when. Both ends are in this process and read the same clock.
#[derive(Default)]
struct Tally {
    done: AtomicU64,
    latencies: Mutex<Latencies>,
}

#[derive(Default)]
struct Latencies {
    watched: bool,
    /// The end that was seen first: a writer may hear of its commit after the consumer.
    half: HashMap<Uuid, Instant>,
    whole: Vec<Duration>,
}

impl Tally {
    fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    fn watch(&self, watched: bool) {
        self.lock().watched = watched;
    }

    fn committed(&self, ids: &[Uuid]) {
        let now = Instant::now();
        let mut latencies = self.lock();
        for id in ids {
            // Arrived before we knew: no time at all.
            match latencies.half.remove(id) {
                Some(_) => latencies.whole.push(Duration::ZERO),
                None => {
                    latencies.half.insert(*id, now);
                }
            }
        }
    }

    fn arrived(&self, id: Uuid) {
        let now = Instant::now();
        let mut latencies = self.lock();
        if latencies.watched {
            match latencies.half.remove(&id) {
                Some(committed) => latencies.whole.push(now - committed),
                None => {
                    latencies.half.insert(id, now);
                }
            }
        }
        self.done.fetch_add(1, Ordering::Relaxed);
    }

    fn take_latencies(&self) -> Vec<Duration> {
        std::mem::take(&mut self.lock().whole)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Latencies> {
        self.latencies.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
