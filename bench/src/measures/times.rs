//! What is read most: available times of rooms that are booked without pause, and the page of their studio.

use std::time::Duration;

use anyhow::{Context, ensure};
use diesel_async::SimpleAsyncConnection;
use jiff::{SignedDuration, Timestamp};
use kernel::{RoomId, StudioId, clock::real_now};
use reqwest::Client;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    contest::Spread,
    load::{millis, percentile},
    platform::Layout,
    report::{Section, Table, below},
    run::Run,
};

const ONE_ROOM_MS: f64 = 10.0;
const FIFTY_ROOMS_MS: f64 = 60.0;
/// Of our own: what a cache of pages could save is less than this.
const PAGE_MS: f64 = 10.0;
const GROWTH: f64 = 1.3;
const ROOMS: usize = 50;

/// What is asked for, how often in a round, and what has to be below in milliseconds.
const QUESTIONS: [(&str, usize, f64); 3] = [
    ("times of one room", 400, ONE_ROOM_MS),
    ("times of 50 rooms", 100, FIFTY_ROOMS_MS),
    ("page of the studio", 400, PAGE_MS),
];

const TEXT: &str = "`GET /api/bookings/available-times` for a random day of 31, and `GET /api/studios/{id}/available-times` \
for all 50 rooms of the studio at once, and `GET /api/studios/{slug}`, asked one after the other by one client. Every room has 10,000 bookings in these 31 \
days (322 a day, of three minutes each), or ten times as many in 310 days; a day has 47 starts to look at and about 16 free \
slots, each with its price. Growth is the 95th percentile with ten times the bookings over that without, of the same run.";

pub async fn measure(run: &Run) -> anyhow::Result<Section> {
    let client = Client::builder().no_proxy().build()?;
    let small = p95s(run, &client, 10_000).await?;
    let large = p95s(run, &client, 100_000).await?;
    let mut table = Table::new(&["read", "p50", "p95", "aim", "ten times the bookings", "growth", "aim"]);
    for ((name, _, aim), ((p50, p95), (_, grown))) in QUESTIONS.into_iter().zip(small.into_iter().zip(large)) {
        let growth = grown.as_secs_f64() / p95.as_secs_f64();
        table.rows.push(vec![
            name.to_owned(),
            millis(p50),
            millis(p95),
            below(aim, "ms", p95.as_secs_f64() * 1000.0),
            millis(grown),
            format!("{growth:.2}"),
            below(GROWTH, "times", growth),
        ]);
    }
    Ok(Section { title: "Available times", text: TEXT.to_owned(), table })
}

/// The median of three rounds' percentiles, by question: the 50th and the 95th.
async fn p95s(run: &Run, client: &Client, bookings: usize) -> anyhow::Result<Vec<(Duration, Duration)>> {
    let layout = Layout::new(run, "times").await?;
    layout.migrate(run).await?;
    prepare(&layout, bookings).await?;
    let services = layout.serve(run, client, &["booking"]).await?;
    let url = layout.url("booking").to_owned();
    let studio_id = StudioId::from_uuid(Uuid::from_u128((0x7000_u128 << 64) | (0x8000_u128 << 48)));
    let mut results = Vec::new();
    for (index, (_, requests, _)) in QUESTIONS.into_iter().enumerate() {
        let path = |number: usize| {
            let (date, room_id) = (day(number), room_id(number % ROOMS));
            match index {
                0 => format!("{url}/api/bookings/available-times?room_id={room_id}&date={date}&duration_minutes=30"),
                1 => format!(
                    "{url}/api/studios/{studio_id}/available-times?date={date}&duration_minutes=30&limit={ROOMS}"
                ),
                _ => format!("{url}/api/studios/bench-studio"),
            }
        };
        let expected = if index == 2 { "bench-studio" } else { "starts_at" };
        ask(client, path, expected, 20).await?;
        let mut rounds = Vec::new();
        for _ in 0..3 {
            let mut times = ask(client, path, expected, requests).await?;
            rounds.push((percentile(&mut times, 50.0), percentile(&mut times, 95.0)));
        }
        let median = |of: fn(&(Duration, Duration)) -> Duration| {
            Duration::from_secs_f64(Spread::of(rounds.iter().map(|round| of(round).as_secs_f64())).median)
        };
        results.push((median(|round| round.0), median(|round| round.1)));
    }
    drop(services);
    layout.drop_databases(run).await?;
    Ok(results)
}

async fn prepare(layout: &Layout, bookings: usize) -> anyhow::Result<()> {
    let db = layout.db("booking")?;
    let mut conn = db.conn().await?;
    let setup = include_str!("../../sql/times_setup.sql");
    let setup =
        setup.replace("BOOKINGS - 1", &(bookings - 1).to_string()).replace("ROOMS - 1", &(ROOMS - 1).to_string());
    conn.batch_execute(&setup).await.context("making bookings")?;
    conn.batch_execute("VACUUM ANALYZE").await?;
    // What was loaded is written out before anything counts, not beside it.
    Ok(conn.batch_execute("CHECKPOINT").await?)
}

async fn ask(
    client: &Client,
    path: impl Fn(usize) -> String,
    expected: &str,
    requests: usize,
) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(requests);
    for number in 0..requests {
        let began = Instant::now();
        let answer = client.get(path(number)).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        times.push(began.elapsed());
        ensure!(status.is_success() && text.contains(expected), "{} was answered {status}: {text}", path(number));
    }
    Ok(times)
}

/// A day of the next 31, each as often.
fn day(number: usize) -> String {
    let start = real_now() + SignedDuration::from_hours(24 * (2 + (number * 7 % 28) as i64));
    Timestamp::from_second(start.as_second()).unwrap_or_default().strftime("%Y-%m-%d").to_string()
}

/// As the set-up numbers them.
fn room_id(number: usize) -> RoomId {
    RoomId::from_uuid(Uuid::from_u128((0x7000_u128 << 64) | (0x8001_u128 << 48) | number as u128))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_have_the_ids_of_the_setup() {
        assert_eq!(room_id(10).uuid().to_string(), "00000000-0000-7000-8001-00000000000a");
    }
}
