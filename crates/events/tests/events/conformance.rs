//! What every bus has to do, run against each.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use contracts::{Event, booking::v1::BookingHeld, webhook::v1::ProviderEventReceived};
use events::{HandlerError, ListenEvent, parked};
use tokio::sync::Semaphore;

use crate::support::{BusKind, Probe, Rig, eventually, refuse};

macro_rules! on_every_bus {
    ($($risk:ident)*) => {
        mod on_memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $risk() {
                super::$risk(super::Rig::new(super::BusKind::Memory).await).await;
            })*
        }
        mod on_rabbitmq {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $risk() {
                super::$risk(super::Rig::new(super::BusKind::RabbitMq).await).await;
            })*
        }
    };
}

on_every_bus! {
    every_event_takes_effect_once_at_every_consumer
    events_of_an_aggregate_arrive_in_their_order
    an_event_that_nobody_consumes_counts_as_published
    nothing_is_published_before_the_consumers_have_come
    a_poison_event_does_not_delay_another_consumer
    a_refused_event_is_tried_again_then_parked_then_replayed
    a_replay_that_is_refused_parks_again
    a_panicking_handler_is_a_refusal
    a_database_out_of_reach_burns_no_attempts
    a_crash_after_one_consumer_has_committed_doubles_nothing
    an_event_published_twice_takes_effect_once
    a_killed_relay_of_two_loses_nothing
    a_stopped_consumer_finds_its_events_when_it_is_back
    stopping_finishes_what_is_in_progress
    a_listener_hears_whole_envelopes
}

async fn every_event_takes_effect_once_at_every_consumer(mut rig: Rig) {
    rig.willing_consumer("billing");
    rig.willing_consumer("ledger");
    rig.go();
    rig.data.emit_many(200).await;
    for consumer in ["billing", "ledger"] {
        eventually("all have taken effect", async || rig.data.effects(consumer).await.len() == 200).await;
    }
    eventually("all are marked", async || rig.data.unpublished().await == 0).await;
    let different: BTreeSet<_> = rig.data.effects("ledger").await.into_iter().collect();
    assert_eq!(different.len(), 200);
}

async fn events_of_an_aggregate_arrive_in_their_order(mut rig: Rig) {
    rig.willing_consumer("billing");
    rig.go();
    let booking = kernel::new_uuid();
    for version in 1..=60 {
        rig.data.emit(booking, version).await;
    }
    eventually("all have taken effect", async || rig.data.effects("billing").await.len() == 60).await;
    let versions: Vec<i64> = rig.data.effects("billing").await.into_iter().map(|(_, version)| version).collect();
    assert_eq!(versions, (1..=60).collect::<Vec<_>>());
}

async fn an_event_that_nobody_consumes_counts_as_published(mut rig: Rig) {
    rig.willing_consumer("billing");
    rig.go();
    rig.data.emit_event(kernel::new_uuid(), 1, &ProviderEventReceived::default()).await;
    eventually("it is marked", async || rig.data.unpublished().await == 0).await;
    assert!(rig.data.effects("billing").await.is_empty());
}

async fn nothing_is_published_before_the_consumers_have_come(mut rig: Rig) {
    rig.relay();
    rig.data.emit(kernel::new_uuid(), 1).await;
    let relayed = events::run_relay_once(&rig.data.db, rig.bus.as_ref()).await.unwrap();
    assert_eq!((relayed, rig.data.unpublished().await), (0, 1));
    rig.willing_consumer("billing");
    rig.bus.open();
    eventually("it has taken effect", async || rig.data.effects("billing").await.len() == 1).await;
}

async fn a_poison_event_does_not_delay_another_consumer(mut rig: Rig) {
    rig.consumer("billing", Arc::new(|_, _| Box::pin(async { refuse() })));
    rig.willing_consumer("ledger");
    rig.go();
    let booking = kernel::new_uuid();
    for version in 1..=20 {
        rig.data.emit(booking, version).await;
    }
    eventually("the healthy consumer is done", async || rig.data.effects("ledger").await.len() == 20).await;
    eventually("the other has parked all", async || rig.data.number("SELECT count(*) FROM parked_events").await == 20)
        .await;
    eventually("all are marked", async || rig.data.unpublished().await == 0).await;
    assert!(rig.data.effects("billing").await.is_empty(), "what is refused has no effect");
}

async fn a_refused_event_is_tried_again_then_parked_then_replayed(rig: Rig) {
    let healed = Arc::new(AtomicBool::new(false));
    let heal = Arc::clone(&healed);
    let group = Probe::group(
        "billing",
        rig.data.db.clone(),
        Arc::new(move |_, _| {
            let healed = healed.load(Ordering::SeqCst);
            Box::pin(async move { if healed { Ok(()) } else { refuse() } })
        }),
    );
    let runtime = rig.runtime(&group);
    rig.bus.open();
    let event = rig.data.emit(kernel::new_uuid(), 1).await;
    eventually("it is parked", async || rig.data.number("SELECT count(*) FROM parked_events").await == 1).await;
    assert_eq!(group.state.calls.load(Ordering::SeqCst), 3, "one delivery and two retries");

    let mut conn = rig.data.db.conn().await.unwrap();
    let listed = parked::list(&mut conn, 10).await.unwrap();
    assert_eq!((listed[0].event_id, listed[0].consumer.as_str()), (event, "billing"));
    assert_eq!((listed[0].event_type.clone(), listed[0].error.as_str()), (BookingHeld::event_type(), "not this one"));

    heal.store(true, Ordering::SeqCst);
    assert_eq!(parked::request_replay(&mut conn, event).await.unwrap(), 1);
    eventually("the replay took effect", async || rig.data.effects("billing").await.len() == 1).await;
    assert_eq!(parked::count(&mut conn).await.unwrap(), 0);
    assert_eq!(rig.data.number("SELECT count(*) FROM delivery_attempts").await, 0);
    runtime.drain().await;
}

async fn a_replay_that_is_refused_parks_again(mut rig: Rig) {
    let group = rig.consumer("billing", Arc::new(|_, _| Box::pin(async { refuse() })));
    rig.go();
    rig.data.emit_many(3).await;
    eventually("all are parked", async || rig.data.number("SELECT count(*) FROM parked_events").await == 3).await;
    let mut conn = rig.data.db.conn().await.unwrap();
    assert_eq!(parked::request_replay_of_all(&mut conn).await.unwrap(), 3);
    assert_eq!(group.replay_requested().await.unwrap(), 0);
    let listed = parked::list(&mut conn, 10).await.unwrap();
    assert_eq!(listed.len(), 3);
    assert!(listed.iter().all(|event| event.replay_requested_at.is_none()), "it has to be asked for again");
    assert!(rig.data.effects("billing").await.is_empty());
}

async fn a_panicking_handler_is_a_refusal(mut rig: Rig) {
    rig.consumer(
        "billing",
        Arc::new(|_, call| Box::pin(async move { if call == 0 { panic!("bug") } else { Ok(()) } })),
    );
    rig.go();
    rig.data.emit(kernel::new_uuid(), 1).await;
    eventually("the retry took effect", async || rig.data.effects("billing").await.len() == 1).await;
    eventually("it is marked", async || rig.data.unpublished().await == 0).await;
}

async fn a_database_out_of_reach_burns_no_attempts(mut rig: Rig) {
    let away = Arc::new(|_, call| -> futures_util::future::BoxFuture<'static, _> {
        Box::pin(async move {
            if call < 4 { Err(HandlerError::Store(store::OutOfReach("away".to_owned()).into())) } else { Ok(()) }
        })
    });
    let group = rig.consumer("billing", away);
    rig.go();
    rig.data.emit(kernel::new_uuid(), 1).await;
    eventually("it took effect in the end", async || rig.data.effects("billing").await.len() == 1).await;
    assert_eq!(group.state.calls.load(Ordering::SeqCst), 5);
    assert_eq!(rig.data.number("SELECT count(*) FROM delivery_attempts").await, 0);
    assert_eq!(rig.data.number("SELECT count(*) FROM parked_events").await, 0);
}

async fn a_crash_after_one_consumer_has_committed_doubles_nothing(mut rig: Rig) {
    rig.willing_consumer("billing");
    rig.consumer("ledger", Arc::new(|_, _| Box::pin(std::future::pending())));
    rig.go();
    rig.data.emit_many(5).await;
    eventually("one has committed", async || rig.data.effects("billing").await.len() == 5).await;
    rig.crash().await;

    rig.willing_consumer("billing");
    rig.willing_consumer("ledger");
    rig.go();
    eventually("the other has too", async || rig.data.effects("ledger").await.len() == 5).await;
    eventually("all are marked", async || rig.data.unpublished().await == 0).await;
    assert_eq!(rig.data.effects("billing").await.len(), 5);
}

async fn an_event_published_twice_takes_effect_once(mut rig: Rig) {
    rig.willing_consumer("billing");
    rig.go();
    rig.data.emit_many(20).await;
    for _ in 0..3 {
        eventually("all are marked", async || rig.data.unpublished().await == 0).await;
        rig.data.execute("UPDATE outbox SET published_at = NULL").await;
    }
    rig.data.emit(kernel::new_uuid(), 2).await;
    eventually("all are marked", async || rig.data.unpublished().await == 0).await;
    eventually("the last has taken effect", async || rig.data.effects("billing").await.len() >= 21).await;
    assert_eq!(rig.data.effects("billing").await.len(), 21);
}

async fn a_killed_relay_of_two_loses_nothing(mut rig: Rig) {
    rig.willing_consumer("billing");
    rig.bus.open();
    let killed = events::Relay::new(rig.data.db.clone(), Arc::clone(&rig.bus)).with_lease(Duration::from_secs(1));
    let killed = tokio::spawn(killed.run(tokio_util::sync::CancellationToken::new()));
    rig.relay();
    let shared = "SELECT count(DISTINCT owner) FROM outbox_leases WHERE owner IS NOT NULL";
    eventually("both hold shards", async || rig.data.number(shared).await == 2).await;
    rig.data.emit_many(300).await;
    killed.abort();
    rig.data.emit_many(300).await;
    eventually("all are marked", async || rig.data.unpublished().await == 0).await;
    eventually("all have taken effect", async || rig.data.effects("billing").await.len() >= 600).await;
    assert_eq!(rig.data.effects("billing").await.len(), 600);
}

async fn a_stopped_consumer_finds_its_events_when_it_is_back(mut rig: Rig) {
    let group = Probe::willing("billing", rig.data.db.clone());
    let stop = rig.subscribe(&group);
    rig.go();
    rig.data.emit_many(5).await;
    eventually("it works", async || rig.data.effects("billing").await.len() == 5).await;
    stop.cancel();
    rig.data.emit_many(5).await;
    rig.subscribe(&group);
    eventually("it has missed nothing", async || rig.data.effects("billing").await.len() == 10).await;
    eventually("all are marked", async || rig.data.unpublished().await == 0).await;
}

async fn stopping_finishes_what_is_in_progress(mut rig: Rig) {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let group = Probe::group(
        "billing",
        rig.data.db.clone(),
        Arc::new(move |_, _| {
            let gate = Arc::clone(&held);
            Box::pin(async move {
                let _permit = gate.acquire().await;
                Ok(())
            })
        }),
    );
    let runtime = rig.runtime(&group);
    rig.bus.open();
    rig.data.emit(kernel::new_uuid(), 1).await;
    eventually("it is being handled", async || group.state.calls.load(Ordering::SeqCst) == 1).await;
    let mut drained = tokio::spawn(runtime.drain());
    let early = tokio::time::timeout(Duration::from_millis(50), &mut drained).await;
    assert!(early.is_err(), "draining waits for the handler");
    gate.add_permits(1);
    drained.await.unwrap();
    assert_eq!(rig.data.effects("billing").await.len(), 1);
    let leased = rig.data.number("SELECT count(*) FROM outbox_leases WHERE owner IS NOT NULL").await;
    assert_eq!(leased, 0, "leases are given back");
    // Whether or not it was acknowledged in time, it has its effect once.
    rig.crash().await;
    rig.subscribe(&group);
    rig.go();
    eventually("it is marked", async || rig.data.unpublished().await == 0).await;
    assert_eq!(rig.data.effects("billing").await.len(), 1);
}

async fn a_listener_hears_whole_envelopes(mut rig: Rig) {
    let mut listener = rig.bus.listen(vec![BookingHeld::event_type()]);
    let connected = tokio::time::timeout(Duration::from_secs(20), listener.recv()).await.unwrap();
    assert!(matches!(connected, Some(ListenEvent::Connected)));
    rig.go();
    rig.data.emit_event(kernel::new_uuid(), 1, &ProviderEventReceived::default()).await;
    let booking = kernel::new_uuid();
    let id = rig.data.emit(booking, 7).await;
    let heard = tokio::time::timeout(Duration::from_secs(20), listener.recv()).await.unwrap();
    let Some(ListenEvent::Event(envelope)) = heard else { panic!("not an event: {heard:?}") };
    assert_eq!((envelope.id, envelope.aggregate_id, envelope.version, envelope.ordinal), (id, booking, 7, 0));
    assert_eq!((envelope.event_type.clone(), envelope.aggregate_type.as_str()), (BookingHeld::event_type(), "booking"));
    assert_eq!(envelope.tenant, Some(booking));
    assert_eq!(<BookingHeld as prost::Message>::decode(envelope.payload.clone()).unwrap().booking.unwrap().version, 7);
    let told = rig.data.number("SELECT extract(epoch FROM occurred_at) * 1000000 FROM outbox WHERE version = 7").await;
    assert_eq!(envelope.occurred_at.as_microsecond(), told);
}
