//! What `roomtone up` needs: time until it is healthy, and memory.

use std::time::Duration;

use reqwest::Client;
use tokio::time::{Instant, sleep};

use super::{booking::hold, thousands};
use crate::{
    contest::Spread,
    load::closed_loop,
    platform::{Layout, Scene},
    report::{Section, Table, below},
    run::Run,
    tools::{Started, wrk},
};

const AIM_MEGABYTES: f64 = 200.0;
const AIM_SECONDS: f64 = 3.0;

const STARTS: usize = 5;
const ROOMS: usize = 50;

/// After a start or a load, until memory has settled.
const SETTLES_WITHIN: Duration = Duration::from_secs(10);
const LOAD_FOR: Duration = Duration::from_secs(20);
const READERS: usize = 32;
const BOOKERS: usize = 8;

const TEXT: &str = "All services in one process with the memory bus and demo data, as `./dev up` runs them, but of a \
release build. *Start-up* is from the start of the process on migrated databases until `/api/health` says that every \
service is ready; the other figures are its resident memory (`VmRSS`). The load: 32 connections reading `/api/auth/me`, \
8 clients booking and one signing in without pause, through the gateway, for 20 seconds; everything that follows from a \
booking (billing, mails) happens in the same process.";

pub async fn measure(run: &Run) -> anyhow::Result<Section> {
    let client = Client::builder().no_proxy().build()?;
    let layout = Layout::new(run, "memory").await?;
    layout.drop_databases(run).await?;
    // The first start makes the databases and the demo data.
    let mut up = layout.up(&client).await?;
    let scene = Scene::set(&layout, &client, ROOMS).await?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        drop(up);
        let began = Instant::now();
        up = layout.up(&client).await?;
        starts.push(began.elapsed().as_secs_f64());
        eprintln!("  started in {:.2} s", began.elapsed().as_secs_f64());
        sleep(Duration::from_secs(1)).await;
    }
    let figures = memory(&mut up, &scene).await?;
    drop(up);
    layout.drop_databases(run).await?;
    Ok(section(Spread::of(starts), &figures))
}

struct Memory {
    idle: f64,
    most: f64,
    after: f64,
    reads: f64,
    bookings: f64,
}

async fn memory(up: &mut Started, scene: &Scene) -> anyhow::Result<Memory> {
    sleep(SETTLES_WITHIN).await;
    let idle = up.resident()?;
    let customer = scene.customer().await?;
    let url = format!("{}/api/auth/me", scene.api.url);
    let token = customer.access_token.clone();
    let booker = scene.clone();
    let booking = closed_loop(BOOKERS, LOAD_FOR, move || {
        let (scene, token) = (booker.clone(), token.clone());
        async move { hold(&scene.api.client, &scene.api.url, &token, &scene.rooms).await }
    });
    let visitor = scene.clone();
    let signing_in = closed_loop(1, LOAD_FOR, move || {
        let scene = visitor.clone();
        async move { scene.customer().await.map(drop) }
    });
    let reading = wrk(&url, &customer.access_token, READERS, LOAD_FOR);
    let (reads, bookings, signed_in, most) = tokio::join!(reading, booking, signing_in, up.most_resident(LOAD_FOR));
    signed_in?;
    sleep(SETTLES_WITHIN).await;
    let figures =
        Memory { idle, most: most?, after: up.resident()?, reads: reads?.per_second, bookings: bookings?.per_second };
    up.check()?;
    Ok(figures)
}

fn section(starts: Spread, memory: &Memory) -> Section {
    let mut table = Table::new(&["", "figure", "aim"]);
    let seconds = format!("{:.2} s ({:.2}–{:.2})", starts.median, starts.min, starts.max);
    table.rows.push(vec![format!("start-up, {STARTS} times"), seconds, below(AIM_SECONDS, "s", starts.median)]);
    let load =
        format!("most under load ({} reads/s, {} bookings/s)", thousands(memory.reads), thousands(memory.bookings));
    for (name, value) in [
        ("10 s after the start".to_owned(), memory.idle),
        (load, memory.most),
        ("10 s after the load".to_owned(), memory.after),
    ] {
        table.rows.push(vec![name, format!("{value:.0} MB"), below(AIM_MEGABYTES, "MB", value)]);
    }
    Section { title: "Memory and start-up", text: TEXT.to_owned(), table }
}
