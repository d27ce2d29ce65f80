//! Holds over many rooms against pgbench.

use std::{sync::Arc, time::Duration};

use anyhow::ensure;
use events::MemoryBus;
use reqwest::Client;
use service_kit::{Platform, Source};

use super::{p99, rate, rates};
use crate::{
    contest::Spread,
    load::{Counter, closed_loop},
    platform::{Layout, Rooms, Scene},
    report::{Section, Table, at_least},
    run::Run,
    tools::{Script, pgbench},
};

const AIM: f64 = 0.6;
const ROOMS: usize = 300;
const CLIENTS: usize = 8;

const BASELINE: &str = "bench_booking_baseline";

const TEXT: &str = "Confirmed holds over 300 rooms by 8 clients: `POST /api/bookings` straight at the service and through \
the gateway, against pgbench with as many clients doing the least SQL of a hold in one transaction: the room's lock, the \
booking, its occupancy under the exclusion constraint, the outbox row. pgbench has its own database with the same tables. \
A request also reads room, hours, prices and the customer's open holds, quotes the price and keeps its answer under its \
idempotency key; meanwhile the relay publishes every event to RabbitMQ on the same cores.";

pub async fn measure(run: &Run) -> anyhow::Result<Section> {
    let client = Client::builder().no_proxy().build()?;
    let layout = Layout::new(run, "booking").await?;
    layout.migrate(run).await?;
    let services = layout.serve(run, &client, &["auth", "booking", "gateway"]).await?;
    let scene = Scene::set(&layout, &client, ROOMS).await?;
    prepare_baseline(run).await?;

    let names = ["pgbench", "service", "gateway"];
    let rounds = Counter::default();
    let results = run.pace.contest(&names, async |contender, time: Duration| {
        let customer = scene.customer().await?;
        let (url, token) = match names[contender] {
            "pgbench" => {
                let variables =
                    [("n", 0), ("round", rounds.next() as i64), ("clients", CLIENTS as i64), ("rooms", ROOMS as i64)];
                let script =
                    Script { name: "booking", sql: include_str!("../../sql/booking.sql"), variables: &variables };
                return pgbench(run, BASELINE, &script, CLIENTS, time).await;
            }
            "service" => (layout.url("booking").to_owned(), layout.internal_token(&customer).await?),
            _ => (layout.url("gateway").to_owned(), customer.access_token),
        };
        let (client, rooms) = (client.clone(), scene.rooms.clone());
        closed_loop(CLIENTS, time, move || {
            let (client, url, token, rooms) = (client.clone(), url.clone(), token.clone(), rooms.clone());
            async move { hold(&client, &url, &token, &rooms).await }
        })
        .await
    });
    let results = results.await?;
    drop(services);
    layout.drop_databases(run).await?;
    run.postgres.drop(BASELINE).await?;

    let mut table = Table::new(&["holds", "rate", "pgbench", "ratio", "p99", "aim"]);
    for (name, ours) in [("`POST /api/bookings` at the service", &results[1]), ("… through the gateway", &results[2])]
    {
        let ratio = Spread::of_ratios(&rates(&results[0]), &rates(ours));
        table.rows.push(vec![
            name.to_owned(),
            format!("{}/s", rate(ours)),
            format!("{}/s", rate(&results[0])),
            ratio.to_string(),
            p99(ours),
            at_least(AIM, ratio.median),
        ]);
    }
    Ok(Section { title: "Booking", text: TEXT.to_owned(), table })
}

/// The service's tables in a database of its own.
async fn prepare_baseline(run: &Run) -> anyhow::Result<()> {
    let url = run.postgres.create(BASELINE).await?;
    let source = Source::from_pairs([("env", "development"), ("booking_database_url", &url)])?;
    let platform = Platform::new(source, Arc::new(MemoryBus::new()))?;
    roomtone::platform::service("booking")?.migrate(&platform).await?;
    let setup = include_str!("../../sql/booking_setup.sql").replace("ROOMS", &ROOMS.to_string());
    run.postgres.execute(BASELINE, &setup).await
}

/// Books the next free slot; anything but 201 is a failure.
pub async fn hold(client: &Client, url: &str, token: &str, rooms: &Rooms) -> anyhow::Result<()> {
    let request = client
        .post(format!("{url}/api/bookings"))
        .bearer_auth(token)
        .header("idempotency-key", kernel::new_uuid().to_string())
        .json(&rooms.next());
    let answer = request.send().await?;
    let status = answer.status();
    let body = answer.text().await?;
    ensure!(status == reqwest::StatusCode::CREATED, "a booking was answered {status}: {body}");
    Ok(())
}
