//! Opening pages to pay on, and the way from the provider's word to the confirmed booking.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context, ensure};
use async_trait::async_trait;
use events::{Bus, Disposition, Envelope, RabbitMqBus, RabbitMqConfig, Subscriber};
use kernel::{BookingId, clock::real_now};
use reqwest::Client;
use serde_json::{Value, json};
use service_kit::config::SERVICES;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::thousands;
use crate::{
    load::{closed_loop, millis, percentile, steady},
    platform::{Layout, Scene, text},
    report::{Section, Table, below},
    run::Run,
    tools::{Meter, Stripe, success},
};

const AIM_OPENING_MILLIS: f64 = 50.0;
const AIM_CONFIRMING_MILLIS: f64 = 500.0;

const OPENED_PER_SECOND: u32 = 50;
/// What a small platform sees, and what is aimed at.
const PAID_PER_SECOND: [u32; 2] = [25, 100];

/// How long is paid at each rate, as multiples of a single measurement's time: 20 seconds as a rule.
const TIMES: u64 = 4;

const ROOMS: usize = 300;
const CLIENTS: usize = 8;
/// More than are ever on their way: nobody waits for a client.
const PROVIDER_CONNECTIONS: usize = 64;

const TEXT: &str = "The whole platform, each service a process, events on RabbitMQ. *Opening*: `POST /api/payments/session` \
through the gateway, each for another held booking, 50 a second; a meter between billing and the sandbox takes the time of \
every call to the provider, which is taken off. *Confirming*: Stripe's three events about the success of each of these payments \
are delivered at the gateway, so many payments a second, the three at once, and again where they were not taken in; the time is \
from the instant that was due until `BookingConfirmed` reaches a listener on RabbitMQ, by way of webhook, billing and booking. Ledger, receipts and mails follow on \
the same cores meanwhile. Afterwards the doctor finds nothing.";

pub async fn measure(run: &Run) -> anyhow::Result<Section> {
    let client = Client::builder().no_proxy().build()?;
    let layout = Layout::new(run, "payments").await?;
    layout.migrate(run).await?;
    let meter = Meter::start(layout.url("sandbox"), &client)?;
    let others: Vec<_> = SERVICES.iter().map(|(name, _)| *name).filter(|name| *name != "billing").collect();
    let others = layout.serve(run, &client, &others).await?;
    let billing = layout.with("sandbox_url", &meter.url).serve(run, &client, &["billing"]).await?;
    let scene = Scene::set(&layout, &client, ROOMS).await?;
    let seconds = run.pace.time.as_secs() * TIMES;

    let counts = PAID_PER_SECOND.map(|per_second| seconds * u64::from(per_second));
    let (mut payments, mut opening) = open_payments(&scene, &meter, counts.iter().sum()).await?;
    let mut confirming = Vec::new();
    for (per_second, count) in PAID_PER_SECOND.into_iter().zip(counts) {
        let paid = payments.split_off(payments.len() - count as usize);
        confirming.push((per_second, confirm(run, &layout, &client, paid, per_second).await?));
    }
    let examined = healthy(&layout).await;
    drop((billing, others));
    examined?;
    layout.drop_databases(run).await?;
    Ok(section(&mut opening, &mut confirming))
}

#[derive(Debug, Clone)]
struct Opened {
    payment_id: String,
    booking_id: Uuid,
    amount: i64,
}

/// Payments for so many bookings, and what each took without the provider.
async fn open_payments(scene: &Scene, meter: &Meter, count: u64) -> anyhow::Result<(Vec<Opened>, Vec<Duration>)> {
    let token = scene.customer().await?.access_token;
    let bookings = book(scene, &token, count).await?;
    eprintln!("  {} bookings are held", thousands(bookings.len() as f64));
    let bookings = Arc::new(bookings);
    let opened: Arc<Mutex<Vec<(Opened, Duration)>>> = Arc::default();
    let (made, scene) = (opened.clone(), scene.clone());
    let load = steady(CLIENTS, OPENED_PER_SECOND, count, move |number, due| {
        let (made, scene, token, bookings) = (made.clone(), scene.clone(), token.clone(), bookings.clone());
        async move {
            let booking_id = bookings[number as usize];
            let payable = json!({"payable": {"type": "booking", "id": booking_id}, "provider": "stripe"});
            let payment = post_once(&scene, &token, "/api/payments/session", payable).await?;
            let amount = payment["amount"]["amount"].as_i64().context("an amount")?;
            let payment_id = text(&payment["id"])?;
            let taken = due.elapsed();
            lock(&made).push((Opened { payment_id, booking_id: booking_id.uuid(), amount }, taken));
            Ok(())
        }
    });
    eprintln!("  opening: {:?}", load.await?);
    let opened = std::mem::take(&mut *lock(&opened));
    let own = opened.iter().map(|(opened, taken)| Ok(taken.saturating_sub(meter.taken(&opened.payment_id)?)));
    let own = own.collect::<anyhow::Result<Vec<_>>>()?;
    Ok((opened.into_iter().map(|(opened, _)| opened).collect(), own))
}

/// At least so many bookings that wait to be paid.
async fn book(scene: &Scene, token: &str, count: u64) -> anyhow::Result<Vec<BookingId>> {
    let held: Arc<Mutex<Vec<BookingId>>> = Arc::default();
    while (lock(&held).len() as u64) < count {
        let (scene, held, token) = (scene.clone(), held.clone(), token.to_owned());
        let booking = move || {
            let (scene, held, token) = (scene.clone(), held.clone(), token.clone());
            async move {
                let booking = post_once(&scene, &token, "/api/bookings", scene.rooms.next()).await?;
                lock(&held).push(text(&booking["id"])?.parse()?);
                Ok(())
            }
        };
        closed_loop(CLIENTS, Duration::from_secs(1), booking).await?;
    }
    Ok(std::mem::take(&mut *lock(&held)))
}

async fn post_once(scene: &Scene, token: &str, path: &str, body: Value) -> anyhow::Result<Value> {
    let request = scene.api.client.post(format!("{}{path}", scene.api.url)).bearer_auth(token);
    let request = request.header("idempotency-key", kernel::new_uuid().to_string());
    let answer = request.json(&body).send().await?;
    let status = answer.status();
    let body = answer.text().await?;
    ensure!(status == reqwest::StatusCode::CREATED, "{path} answered {status}: {body}");
    Ok(serde_json::from_str(&body)?)
}

/// From the instant that each payment's events were due to the confirmation of its booking.
async fn confirm(
    run: &Run,
    layout: &Layout,
    client: &Client,
    payments: Vec<Opened>,
    per_second: u32,
) -> anyhow::Result<Vec<Duration>> {
    let mut config = RabbitMqConfig::new(&run.amqp_url);
    config.prefix = layout.amqp_prefix();
    let bus = RabbitMqBus::new(&config)?;
    let (watch, stop) = (Arc::new(Watch::default()), CancellationToken::new());
    let watching = bus.subscribe(watch.clone(), stop.clone());
    bus.open();

    let stripe = Stripe::telling(layout, "gateway", client)?;
    let (paid, count) = (Arc::new(payments.clone()), payments.len() as u64);
    let dues: Arc<Mutex<HashMap<Uuid, Instant>>> = Arc::default();
    let known = dues.clone();
    let load = steady(PROVIDER_CONNECTIONS, per_second, count, move |number, due| {
        let (stripe, payment, known) = (stripe.clone(), paid[number as usize].clone(), known.clone());
        async move {
            lock(&known).insert(payment.booking_id, due);
            tell_success(&stripe, &payment).await
        }
    });
    eprintln!("  paying: {:?} (answers to webhooks)", load.await?);
    let arrived = watch.all_of(payments.len()).await;
    stop.cancel();
    watching.await?;
    bus.close().await;
    let (arrived, dues) = (arrived?, lock(&dues));
    let time = |opened: &Opened| Some(arrived.get(&opened.booking_id)?.duration_since(*dues.get(&opened.booking_id)?));
    payments.iter().map(|opened| time(opened).context("a booking was not confirmed")).collect()
}

/// How often an event is told again that was not taken in, and after which pause: for half a minute.
const REPEATS: u32 = 300;
const PAUSE: Duration = Duration::from_millis(100);

async fn tell_success(stripe: &Stripe, payment: &Opened) -> anyhow::Result<()> {
    let told = success(&payment.payment_id, payment.amount);
    let tell = async |(event_type, object): &(&str, Value)| {
        let id = format!("evt_{}", kernel::new_uuid().simple());
        for _ in 0..REPEATS {
            if stripe.tell(&id, event_type, object).await.is_ok() {
                return Ok(());
            }
            sleep(PAUSE).await;
        }
        stripe.tell(&id, event_type, object).await
    };
    let (charge, intent, session) = tokio::join!(tell(&told[0]), tell(&told[1]), tell(&told[2]));
    charge.and(intent).and(session)
}

/// Sees which bookings are confirmed, and when.
#[derive(Default)]
struct Watch {
    confirmed: Mutex<HashMap<Uuid, Instant>>,
}

#[async_trait]
impl Subscriber for Watch {
    fn name(&self) -> &str {
        "bench_watch"
    }

    fn event_types(&self) -> Vec<String> {
        vec!["booking.booking_confirmed.v1".to_owned()]
    }

    async fn deliver(&self, envelope: &Envelope) -> Disposition {
        lock(&self.confirmed).entry(envelope.aggregate_id).or_insert_with(Instant::now);
        Disposition::Done
    }
}

impl Watch {
    async fn all_of(&self, count: usize) -> anyhow::Result<HashMap<Uuid, Instant>> {
        let deadline = Instant::now() + Duration::from_secs(120);
        loop {
            let seen = lock(&self.confirmed).len();
            if seen >= count {
                return Ok(lock(&self.confirmed).clone());
            }
            ensure!(Instant::now() < deadline, "{seen} of {count} bookings are confirmed");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

/// Every invariant holds once all has come to rest.
async fn healthy(layout: &Layout) -> anyhow::Result<()> {
    let deadline = real_now() + jiff::SignedDuration::from_secs(120);
    loop {
        let findings = roomtone::examine(&layout.source()?).await?;
        let Some(first) = findings.first() else { return Ok(()) };
        ensure!(real_now() < deadline, "{}: {}", first.service, first.text);
        sleep(Duration::from_millis(200)).await;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn section(opening: &mut [Duration], confirming: &mut [(u32, Vec<Duration>)]) -> Section {
    let mut table = Table::new(&["", "p50", "p99", "slowest", "aim"]);
    let mut row = |name: String, times: &mut [Duration], aim: f64| {
        let p99 = percentile(times, 99.0);
        let aim = format!("p99 {}", below(aim, "ms", p99.as_secs_f64() * 1000.0));
        let slowest = percentile(times, 100.0);
        table.rows.push(vec![name, millis(percentile(times, 50.0)), millis(p99), millis(slowest), aim]);
    };
    let count = thousands(opening.len() as f64);
    row(format!("opening at {OPENED_PER_SECOND}/s, without the provider ({count})"), opening, AIM_OPENING_MILLIS);
    for (per_second, times) in confirming {
        let count = thousands(times.len() as f64);
        row(format!("confirming at {per_second}/s ({count})"), times, AIM_CONFIRMING_MILLIS);
    }
    Section { title: "Payments", text: TEXT.to_owned(), table }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_whether_the_aims_are_met() {
        let mut opening = vec![Duration::from_millis(10); 100];
        let mut confirming = [(25, vec![Duration::from_millis(400)]), (100, vec![Duration::from_millis(600); 100])];
        let rows = section(&mut opening, &mut confirming).table.rows;
        assert_eq!(rows[0][4], "p99 < 50 ms: met");
        assert_eq!(rows[1][4], "p99 < 500 ms: met");
        assert_eq!((rows[2][2].as_str(), rows[2][4].as_str()), ("600.00 ms", "p99 < 500 ms: **missed**"));
    }

    #[tokio::test]
    async fn the_first_confirmation_of_a_booking_counts() {
        let watch = Watch::default();
        let envelope = Envelope {
            id: kernel::new_uuid(),
            event_type: "booking.booking_confirmed.v1".to_owned(),
            aggregate_type: "booking".to_owned(),
            aggregate_id: kernel::new_uuid(),
            version: 1,
            ordinal: 0,
            tenant: None,
            traceparent: None,
            occurred_at: real_now(),
            payload: Default::default(),
        };
        watch.deliver(&envelope).await;
        let first = watch.all_of(1).await.unwrap()[&envelope.aggregate_id];
        watch.deliver(&envelope).await;
        assert_eq!(watch.all_of(1).await.unwrap()[&envelope.aggregate_id], first);
    }
}
