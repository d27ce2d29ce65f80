//! What only a broker can do, or do wrong.

use std::{sync::Arc, time::Duration};

use contracts::{Event, booking::v1::BookingHeld, webhook::v1::ProviderEventReceived};
use events::{
    ListenEvent, RabbitMqConfig, Subscriber,
    rabbitmq::{ConsumerTopology, declare, definitions, probe_retry_queues},
};
use lapin::{
    Connection, ConnectionProperties,
    options::{BasicGetOptions, BasicPublishOptions, QueueDeclareOptions},
    types::FieldTable,
};
use tokio::time::timeout;

use crate::support::{BusKind, Probe, Proxy, Rig, eventually, refuse, server};

/// How many messages wait in a queue.
async fn waiting(queue: &str) -> u32 {
    let url = server("ROOMTONE_TEST_AMQP_URL");
    let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let queue = channel.queue_declare(queue.into(), options, FieldTable::default()).await.unwrap();
    queue.message_count()
}

fn topology(name: &str, event_types: Vec<String>) -> ConsumerTopology {
    ConsumerTopology { name: name.to_owned(), event_types, retry_delays: vec![Duration::from_millis(50)] }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_connection_loses_nothing_and_doubles_nothing() {
    let (proxy, url) = Proxy::before(&server("ROOMTONE_TEST_AMQP_URL")).await;
    let mut rig = Rig::on(BusKind::RabbitMq, url).await;
    rig.willing_consumer("billing");
    rig.willing_consumer("ledger");
    rig.go();
    for round in 1..=4 {
        rig.data.emit_many(100).await;
        // In the middle of things: some are published, some confirmed, some handled.
        eventually("some have taken effect", async || rig.data.effects("billing").await.len() > (round - 1) * 100)
            .await;
        proxy.cut();
        rig.data.emit_many(0).await;
        proxy.restore();
        eventually("all have taken effect", async || rig.data.effects("billing").await.len() >= round * 100).await;
    }
    eventually("all are marked", async || rig.data.unpublished().await == 0).await;
    eventually("all have taken effect", async || rig.data.effects("ledger").await.len() >= 400).await;
    assert_eq!((rig.data.effects("billing").await.len(), rig.data.effects("ledger").await.len()), (400, 400));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_away_at_the_start_is_waited_for() {
    let (proxy, url) = Proxy::before(&server("ROOMTONE_TEST_AMQP_URL")).await;
    proxy.cut();
    let mut rig = Rig::on(BusKind::RabbitMq, url).await;
    rig.willing_consumer("billing");
    rig.go();
    rig.data.emit_many(10).await;
    assert_eq!(rig.data.unpublished().await, 10);
    proxy.restore();
    eventually("all have taken effect", async || rig.data.effects("billing").await.len() == 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_knows_when_it_may_have_missed_something() {
    let (proxy, url) = Proxy::before(&server("ROOMTONE_TEST_AMQP_URL")).await;
    let mut rig = Rig::on(BusKind::RabbitMq, url).await;
    let mut listener = rig.bus.listen(vec![BookingHeld::event_type()]);
    let mut hears = async || timeout(Duration::from_secs(20), listener.recv()).await.unwrap().unwrap();
    assert!(matches!(hears().await, ListenEvent::Connected));
    proxy.cut();
    assert!(matches!(hears().await, ListenEvent::Disconnected));
    proxy.restore();
    assert!(matches!(hears().await, ListenEvent::Connected));
    rig.go();
    let id = rig.data.emit(kernel::new_uuid(), 1).await;
    assert!(matches!(hears().await, ListenEvent::Event(envelope) if envelope.id == id));
}

/// Whoever is cut off from the broker must not go on for long as if all were well.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_is_cut_off_silently_notices_within_seconds() {
    let (proxy, url) = Proxy::before(&server("ROOMTONE_TEST_AMQP_URL")).await;
    let rig = Rig::on(BusKind::RabbitMq, url).await;
    let mut listener = rig.bus.listen(vec![BookingHeld::event_type()]);
    let mut hears = async |secs| timeout(Duration::from_secs(secs), listener.recv()).await.unwrap().unwrap();
    assert!(matches!(hears(20).await, ListenEvent::Connected));
    proxy.swallow();
    assert!(
        matches!(hears(10).await, ListenEvent::Disconnected),
        "twice the heartbeat, and some time for a busy machine"
    );
    proxy.restore();
    assert!(matches!(hears(40).await, ListenEvent::Connected));
}

/// It may have told of a right that somebody has lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "a message that no outbox would send")]
async fn a_listener_that_hears_something_unreadable_begins_anew() {
    let mut rig = Rig::new(BusKind::RabbitMq).await;
    let mut listener = rig.bus.listen(vec![BookingHeld::event_type()]);
    let mut hears = async || timeout(Duration::from_secs(20), listener.recv()).await.unwrap().unwrap();
    assert!(matches!(hears().await, ListenEvent::Connected));
    let connection = Connection::connect(&rig.config().url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let (exchange, key) = (format!("{}.events", rig.config().prefix), BookingHeld::event_type());
    let options = BasicPublishOptions::default();
    channel.basic_publish(exchange.into(), key.into(), options, b"?", Default::default()).await.unwrap().await.unwrap();
    assert!(matches!(hears().await, ListenEvent::Disconnected));
    assert!(matches!(hears().await, ListenEvent::Connected));
    rig.go();
    let id = rig.data.emit(kernel::new_uuid(), 1).await;
    assert!(matches!(hears().await, ListenEvent::Event(envelope) if envelope.id == id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_without_a_queue_is_kept_as_unroutable() {
    let mut rig = Rig::new(BusKind::RabbitMq).await;
    rig.go();
    rig.data.emit_event(kernel::new_uuid(), 1, &ProviderEventReceived::default()).await;
    eventually("it is marked", async || rig.data.unpublished().await == 0).await;
    assert_eq!(waiting(&format!("{}.unroutable", rig.config().prefix)).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_no_longer_consumed_is_unbound() {
    let mut rig = Rig::new(BusKind::RabbitMq).await;
    let queue = format!("{}.billing", rig.config().prefix);
    let both = vec![BookingHeld::event_type(), ProviderEventReceived::event_type()];
    declare(rig.config(), &[topology("billing", both)]).await.unwrap();
    rig.go();
    rig.data.emit_event(kernel::new_uuid(), 1, &ProviderEventReceived::default()).await;
    eventually("it is queued", async || waiting(&queue).await == 1).await;
    declare(rig.config(), &[topology("billing", vec![BookingHeld::event_type()])]).await.unwrap();
    rig.data.emit_event(kernel::new_uuid(), 1, &ProviderEventReceived::default()).await;
    eventually("it is unroutable", async || waiting(&format!("{}.unroutable", rig.config().prefix)).await == 1).await;
    assert_eq!(waiting(&queue).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_published_before_a_declared_consumer_starts_wait_for_it() {
    let mut rig = Rig::new(BusKind::RabbitMq).await;
    let group = Probe::willing("billing", rig.data.db.clone());
    declare(rig.config(), &[ConsumerTopology::from(group.as_ref() as &dyn Subscriber)]).await.unwrap();
    rig.go();
    rig.data.emit_many(5).await;
    eventually("all are marked", async || rig.data.unpublished().await == 0).await;
    rig.subscribe(&group);
    eventually("all have taken effect", async || rig.data.effects("billing").await.len() == 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_travels_as_a_cloud_event() {
    let mut rig = Rig::new(BusKind::RabbitMq).await;
    declare(rig.config(), &[topology("billing", vec![BookingHeld::event_type()])]).await.unwrap();
    rig.go();
    let id = rig.data.emit(kernel::new_uuid(), 1).await;
    eventually("it is marked", async || rig.data.unpublished().await == 0).await;
    let connection = Connection::connect(&rig.config().url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let queue = format!("{}.billing", rig.config().prefix);
    let message = channel.basic_get(queue.into(), BasicGetOptions { no_ack: true }).await.unwrap().unwrap();
    let properties = &message.delivery.properties;
    assert_eq!(message.delivery.routing_key.as_str(), "booking.booking_held.v1");
    assert_eq!(properties.message_id().as_ref().unwrap().as_str(), id.to_string());
    assert_eq!(properties.content_type().as_ref().unwrap().as_str(), "application/protobuf");
    assert_eq!(*properties.delivery_mode(), Some(2));
    let headers = properties.headers().as_ref().unwrap();
    let text = |name: &str| headers.inner()[name].as_long_string().unwrap().to_string();
    assert_eq!(text("cloudEvents:specversion"), "1.0");
    assert_eq!(text("cloudEvents:type"), "booking.booking_held.v1");
    assert_eq!(text("cloudEvents:source"), "/roomtone/booking");
    assert_eq!(text("cloudEvents:id"), id.to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn probes_come_back_from_retry_queues_that_work() {
    let mut rig = Rig::new(BusKind::RabbitMq).await;
    let billing = rig.willing_consumer("billing");
    let billing = ConsumerTopology::from(billing.as_ref() as &dyn Subscriber);
    // Declared, but nobody consumes.
    let ledger = topology("ledger", vec![BookingHeld::event_type()]);
    declare(rig.config(), &[billing.clone(), ledger.clone()]).await.unwrap();
    rig.go();
    rig.data.emit(kernel::new_uuid(), 1).await;
    eventually("the consumer runs", async || rig.data.effects("billing").await.len() == 1).await;
    let silent = probe_retry_queues(rig.config(), &[billing], Duration::from_secs(20)).await.unwrap();
    assert!(silent.is_empty(), "{silent:?}");
    let silent = probe_retry_queues(rig.config(), &[ledger], Duration::from_millis(500)).await.unwrap();
    assert_eq!(silent.into_iter().collect::<Vec<_>>(), [format!("{}.ledger.retry.50ms", rig.config().prefix)]);
    // A probe that waited for its consumer is no event.
    rig.willing_consumer("ledger");
    eventually("it works", async || rig.data.effects("ledger").await.len() == 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::disallowed_methods, reason = "a message that no outbox would send")]
async fn a_message_that_is_no_event_does_not_stop_the_consumer() {
    let mut rig = Rig::new(BusKind::RabbitMq).await;
    declare(rig.config(), &[topology("billing", vec![BookingHeld::event_type()])]).await.unwrap();
    let connection = Connection::connect(&rig.config().url, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    let exchange = format!("{}.events", rig.config().prefix);
    let key = BookingHeld::event_type();
    let options = BasicPublishOptions::default();
    channel.basic_publish(exchange.into(), key.into(), options, b"?", Default::default()).await.unwrap().await.unwrap();
    let group = Probe::group(
        "billing",
        rig.data.db.clone(),
        Arc::new(|_, call| Box::pin(async move { if call == 0 { refuse() } else { Ok(()) } })),
    );
    rig.subscribe(&group);
    rig.go();
    rig.data.emit(kernel::new_uuid(), 1).await;
    eventually("the event took effect", async || rig.data.effects("billing").await.len() == 1).await;
}

/// The file is imported by brokers; `UPDATE_DEFINITIONS=1 cargo test -p events` writes it.
#[test]
fn the_definitions_for_the_broker_are_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/rabbitmq/definitions.json");
    let prefix = RabbitMqConfig::new("amqp://broker").prefix;
    let current = format!("{}\n", serde_json::to_string_pretty(&definitions(&prefix)).unwrap());
    if std::env::var_os("UPDATE_DEFINITIONS").is_some() {
        std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
        std::fs::write(path, &current).unwrap();
    }
    let stored = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(stored, current, "run UPDATE_DEFINITIONS=1 cargo test -p events definitions");
}
