//! The relay by itself, against a bus that does what the test tells it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use diesel_async::{AnsiTransactionManager, RunQueryDsl, TransactionManager};
use events::{Bus, Envelope, Listener, PublishOutcome, Relay, Settlement, Subscriber, outbox, run_relay_once};
use store::Db;
use tokio::{sync::oneshot, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::support::{TestDatabase, change, eventually, held};

/// What a test wants the bus to answer.
type Answer = Box<dyn Fn(&Envelope) -> PublishOutcome + Send + Sync>;

struct StubBus {
    answer: Answer,
    waves: Mutex<Vec<Vec<(Uuid, i64)>>>,
}

impl StubBus {
    fn new(answer: impl Fn(&Envelope) -> PublishOutcome + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self { answer: Box::new(answer), waves: Mutex::default() })
    }

    fn willing() -> Arc<Self> {
        Self::new(|_| PublishOutcome::Published)
    }

    fn published(&self) -> Vec<(Uuid, i64)> {
        self.waves.lock().unwrap().concat()
    }
}

#[async_trait]
impl Bus for StubBus {
    fn open(&self) {}

    async fn publish(&self, wave: &[Arc<Envelope>]) -> Vec<PublishOutcome> {
        let seen = wave.iter().map(|envelope| (envelope.aggregate_id, envelope.version)).collect();
        self.waves.lock().unwrap().push(seen);
        wave.iter().map(|envelope| (self.answer)(envelope)).collect()
    }

    fn subscribe(&self, _: Arc<dyn Subscriber>, _: CancellationToken) -> JoinHandle<()> {
        unreachable!("nobody subscribes")
    }

    fn listen(&self, _: Vec<String>) -> Listener {
        unreachable!("nobody listens")
    }
}

fn start(db: &Db, bus: &Arc<StubBus>) -> (CancellationToken, JoinHandle<()>) {
    let stop = CancellationToken::new();
    let relay = Relay::new(db.clone(), Arc::clone(bus) as Arc<dyn Bus>).with_lease(Duration::from_millis(900));
    (stop.clone(), tokio::spawn(relay.run(stop)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wave_never_has_two_events_of_one_aggregate() {
    let data = TestDatabase::create().await;
    let bookings = [kernel::new_uuid(), kernel::new_uuid()];
    for version in 1..=3 {
        data.emit(bookings[0], version).await;
        data.emit(bookings[1], version).await;
    }
    let bus = StubBus::willing();
    assert_eq!(run_relay_once(&data.db, bus.as_ref()).await.unwrap(), 6);
    for booking in bookings {
        let versions: Vec<i64> =
            bus.published().iter().filter(|(id, _)| *id == booking).map(|(_, version)| *version).collect();
        assert_eq!(versions, [1, 2, 3]);
    }
    assert!(bus.waves.lock().unwrap().iter().all(|wave| wave.len() == 2));
    assert_eq!(data.unpublished().await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_never_overtakes_its_failed_predecessor() {
    let data = TestDatabase::create().await;
    let (stuck, healthy) = (kernel::new_uuid(), kernel::new_uuid());
    for version in 1..=3 {
        data.emit(stuck, version).await;
        data.emit(healthy, version).await;
    }
    let bus = StubBus::new(move |envelope| match (envelope.aggregate_id == stuck, envelope.version) {
        (true, 2) => PublishOutcome::Failed("not now".to_owned()),
        _ => PublishOutcome::Published,
    });
    assert_eq!(run_relay_once(&data.db, bus.as_ref()).await.unwrap(), 4);
    assert!(!bus.published().contains(&(stuck, 3)));
    assert_eq!(data.unpublished().await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_commits_late_loses_no_event() {
    let data = TestDatabase::create().await;
    let (early, late) = (kernel::new_uuid(), kernel::new_uuid());
    let mut slow = data.db.conn().await.unwrap();
    AnsiTransactionManager::begin_transaction(&mut *slow).await.unwrap();
    outbox::enqueue(&slow, change(early, 1), &held(1)).await.unwrap();
    data.emit(late, 1).await;
    let bus = StubBus::willing();
    assert_eq!(run_relay_once(&data.db, bus.as_ref()).await.unwrap(), 1);
    AnsiTransactionManager::commit_transaction(&mut *slow).await.unwrap();
    assert_eq!(run_relay_once(&data.db, bus.as_ref()).await.unwrap(), 1);
    assert_eq!(bus.published(), [(late, 1), (early, 1)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_lost_its_lease_marks_nothing() {
    let data = TestDatabase::create().await;
    data.emit(kernel::new_uuid(), 1).await;
    let db = data.db.clone();
    // While the event is with the bus, somebody else takes all shards.
    let bus = StubBus::new(move |_| {
        let db = db.clone();
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                let mut conn = db.conn().await.unwrap();
                let taken = "UPDATE outbox_leases SET owner = gen_random_uuid(), fencing = fencing + 1, \
                             lease_until = clock_timestamp() + interval '1 hour'";
                diesel::sql_query(taken).execute(&mut *conn).await.unwrap();
            });
        });
        PublishOutcome::Published
    });
    assert_eq!(run_relay_once(&data.db, bus.as_ref()).await.unwrap(), 0);
    assert_eq!((data.unpublished().await, bus.published().len()), (1, 1), "it stops at once and marks nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn relays_share_the_shards_and_give_them_back() {
    let data = TestDatabase::create().await;
    let bus = StubBus::willing();
    let held_by_most = "SELECT coalesce(max(n), 0) FROM \
        (SELECT count(*) n FROM outbox_leases WHERE lease_until > clock_timestamp() GROUP BY owner) s";
    let owners = "SELECT count(DISTINCT owner) FROM outbox_leases WHERE lease_until > clock_timestamp()";
    let (first, first_ended) = start(&data.db, &bus);
    eventually("the first holds all", async || data.number(held_by_most).await == 16).await;
    let (second, second_ended) = start(&data.db, &bus);
    eventually("both hold half", async || data.number(held_by_most).await == 8 && data.number(owners).await == 2).await;
    first.cancel();
    first_ended.await.unwrap();
    assert_eq!(data.number(owners).await, 1, "the first has released what it held");
    eventually("the second holds all", async || data.number(held_by_most).await == 16).await;
    second.cancel();
    second_ended.await.unwrap();
    assert_eq!((data.number(owners).await, data.number("SELECT count(*) FROM outbox_relays").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_relays_shards_are_taken_over() {
    let data = TestDatabase::create().await;
    let (dead, alive) = (StubBus::willing(), StubBus::willing());
    let (_, killed) = start(&data.db, &dead);
    eventually("it holds all", async || data.number("SELECT count(owner) FROM outbox_leases").await == 16).await;
    killed.abort();
    let (_stop, _survivor) = start(&data.db, &alive);
    data.emit_many(50).await;
    eventually("the survivor publishes", async || data.unpublished().await == 0).await;
    assert!(alive.published().len() >= 50 - dead.published().len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pending_event_is_marked_when_it_settles_and_holds_nobody_up() {
    let data = TestDatabase::create().await;
    let settle: Arc<Mutex<Vec<oneshot::Sender<()>>>> = Arc::default();
    let (booking, waiting) = (kernel::new_uuid(), Arc::clone(&settle));
    let bus = StubBus::new(move |envelope| {
        if envelope.version > 1 {
            return PublishOutcome::Published;
        }
        let (sender, settlement) = Settlement::new();
        waiting.lock().unwrap().push(sender);
        PublishOutcome::Pending(settlement)
    });
    let (_stop, _relay) = start(&data.db, &bus);
    data.emit(booking, 1).await;
    data.emit(booking, 2).await;
    eventually("the second is marked", async || data.unpublished().await == 1).await;
    assert_eq!(bus.published(), [(booking, 1), (booking, 2)], "a pending event is not published again");
    settle.lock().unwrap().pop().unwrap().send(()).unwrap();
    eventually("the first is marked", async || data.unpublished().await == 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pending_event_that_the_bus_gives_up_is_published_again() {
    let data = TestDatabase::create().await;
    let given_up = AtomicBool::new(false);
    let bus = StubBus::new(move |_| {
        if given_up.swap(true, Ordering::SeqCst) {
            return PublishOutcome::Published;
        }
        let (_dropped, settlement) = Settlement::new();
        PublishOutcome::Pending(settlement)
    });
    let (_stop, _relay) = start(&data.db, &bus);
    data.emit(kernel::new_uuid(), 1).await;
    eventually("it is marked", async || data.unpublished().await == 0).await;
    assert_eq!(bus.published().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_survives_the_loss_of_its_database() {
    let data = TestDatabase::create().await;
    let (proxy, url) = crate::support::Proxy::before(&data.url).await;
    let bus = StubBus::willing();
    let (_stop, _relay) = start(&Db::new(&url, 4).unwrap(), &bus);
    data.emit_many(3).await;
    eventually("it works", async || data.unpublished().await == 0).await;
    proxy.cut();
    data.emit_many(3).await;
    proxy.restore();
    eventually("it works again", async || data.unpublished().await == 0).await;
}
