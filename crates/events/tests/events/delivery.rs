//! Deliveries straight to a consumer: repetition, disorder, a database that goes away.

use std::sync::Arc;

use events::{Disposition, Envelope, Subscriber, deliver_unpublished};
use rand::seq::SliceRandom;
use store::Db;

use crate::support::{BusKind, Probe, Proxy, Rig, TestDatabase, eventually, refuse};

/// The outbox as envelopes, by way of a consumer that only looks.
async fn envelopes(data: &TestDatabase) -> Vec<Envelope> {
    struct Collector(std::sync::Mutex<Vec<Envelope>>);
    #[async_trait::async_trait]
    impl Subscriber for Collector {
        fn name(&self) -> &str {
            "collector"
        }
        fn event_types(&self) -> Vec<String> {
            vec![<contracts::booking::v1::BookingHeld as contracts::Event>::event_type()]
        }
        async fn deliver(&self, envelope: &Envelope) -> Disposition {
            self.0.lock().unwrap().push(envelope.clone());
            Disposition::Done
        }
    }
    let collector = Collector(std::sync::Mutex::default());
    deliver_unpublished(&data.db, &collector).await.unwrap();
    collector.0.into_inner().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shuffled_and_repeated_deliveries_take_effect_once() {
    let data = TestDatabase::create().await;
    let booking = kernel::new_uuid();
    for version in 1..=15 {
        data.emit(booking, version).await;
    }
    let group = Probe::willing("billing", data.db.clone());
    let mut deliveries: Vec<Envelope> = envelopes(&data).await;
    deliveries.extend(deliveries.clone());
    deliveries.extend(deliveries.clone());
    deliveries.shuffle(&mut rand::rng());
    let tasks: Vec<_> = deliveries
        .into_iter()
        .map(|envelope| {
            let group = Arc::clone(&group);
            tokio::spawn(async move { group.deliver(&envelope).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Disposition::Done);
    }
    assert_eq!(data.effects("billing").await.len(), 15);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_stepped_from_one_database_to_another_by_hand() {
    let (from, to) = (TestDatabase::create().await, TestDatabase::create().await);
    let group = Probe::willing("billing", to.db.clone());
    from.emit_many(4).await;
    assert_eq!(deliver_unpublished(&from.db, group.as_ref()).await.unwrap(), 4);
    assert_eq!(deliver_unpublished(&from.db, group.as_ref()).await.unwrap(), 4);
    assert_eq!((to.effects("billing").await.len(), from.unpublished().await), (4, 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_event_that_is_delivered_again_and_accepted_is_no_longer_parked() {
    let data = TestDatabase::create().await;
    data.emit(kernel::new_uuid(), 1).await;
    let envelope = envelopes(&data).await.remove(0);
    let group = Probe::group(
        "billing",
        data.db.clone(),
        Arc::new(|_, call| Box::pin(async move { if call < 3 { refuse() } else { Ok(()) } })),
    );
    assert!(matches!(group.deliver(&envelope).await, Disposition::RetryAfter(_)));
    assert!(matches!(group.deliver(&envelope).await, Disposition::RetryAfter(_)));
    assert_eq!(group.deliver(&envelope).await, Disposition::Parked);
    assert_eq!(group.deliver(&envelope).await, Disposition::Done);
    assert_eq!(data.number("SELECT count(*) FROM parked_events").await, 0);
    assert_eq!(data.number("SELECT count(*) FROM inbox").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_cut_off_delays_events_and_burns_no_attempts() {
    let mut rig = Rig::new(BusKind::Memory).await;
    let (proxy, url) = Proxy::before(&rig.data.url).await;
    let group = Probe::willing("billing", Db::new(&url, 4).unwrap());
    rig.subscribe(&group);
    rig.go();
    rig.data.emit_many(5).await;
    eventually("it works", async || rig.data.effects("billing").await.len() == 5).await;
    proxy.cut();
    rig.data.emit_many(20).await;
    eventually("a delivery was tried", async || {
        group.deliver(&envelopes(&rig.data).await.remove(0)).await == Disposition::Unavailable
    })
    .await;
    proxy.restore();
    eventually("all have taken effect", async || rig.data.effects("billing").await.len() == 25).await;
    eventually("all are marked", async || rig.data.unpublished().await == 0).await;
    assert_eq!(rig.data.number("SELECT count(*) FROM delivery_attempts").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_ends_connections_burns_no_attempts() {
    let mut rig = Rig::new(BusKind::Memory).await;
    let group = Probe::group(
        "billing",
        rig.data.db.clone(),
        Arc::new(|_, call| {
            Box::pin(async move {
                // Long enough for the connection to be ended under some of the handlers.
                tokio::time::sleep(std::time::Duration::from_millis(if call < 40 { 20 } else { 0 })).await;
                Ok(())
            })
        }),
    );
    rig.subscribe(&group);
    rig.go();
    rig.data.emit_many(40).await;
    eventually("some are being handled", async || group.state.calls.load(std::sync::atomic::Ordering::SeqCst) > 8)
        .await;
    let end_all = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";
    assert!(rig.data.number(end_all).await > 0);
    eventually("all have taken effect", async || count_effects(&rig).await == 40).await;
    assert_eq!(count(&rig, "delivery_attempts").await, 0);
}

/// The pool may still hand out a connection that the server has ended.
async fn count(rig: &Rig, table: &str) -> i64 {
    let db = Db::new(&rig.data.url, 1).unwrap();
    let mut conn = db.conn().await.unwrap();
    diesel_async::RunQueryDsl::get_result::<i64>(
        diesel::select(diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!("(SELECT count(*) FROM {table})"))),
        &mut *conn,
    )
    .await
    .unwrap()
}

async fn count_effects(rig: &Rig) -> i64 {
    count(rig, "effects").await
}
