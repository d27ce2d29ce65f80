//! Every combination of filters over 50,000 studios.

use std::time::Duration;

use anyhow::{Context, ensure};
use diesel::{QueryableByName, sql_types::Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use jiff::SignedDuration;
use kernel::clock::real_now;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    contest::Spread,
    load::{millis, percentile},
    platform::Layout,
    report::{Section, Table, below},
    run::Run,
};

const AIM_MS: f64 = 50.0;

/// Of each combination, one after the other, each with other values and the next order.
const REQUESTS: usize = 20;

const FILTERS: [&str; 9] =
    ["query", "city_id", "near", "free", "max_hourly_rate", "min_capacity", "equipment", "badges", "min_rating"];

const TEXT: &str = "`POST /api/studios/search` at the service over 50,000 studios with 150,000 rooms, 750,000 bookings and \
10,000 blackouts: all 512 combinations of nine filters, 20 requests each by one client, with other values every time (rare, \
frequent and misspelt words; circles of 5, 50 and 2,000 km; frequent and rare things) and every order in turn. A request \
answers a page of 20 with its facets. The 95th percentile is taken of each combination by itself; the table has the worst \
of them, and of those with and without a free interval.";

pub async fn measure(run: &Run) -> anyhow::Result<Section> {
    let client = Client::builder().no_proxy().build()?;
    let layout = Layout::new(run, "search").await?;
    layout.migrate(run).await?;
    let samples = prepare(&layout).await?;
    let services = layout.serve(run, &client, &["booking"]).await?;
    let url = format!("{}/api/studios/search", layout.url("booking"));
    // Connections open and caches fill before anything counts.
    for number in 0..200 {
        search(&client, &url, &samples.body(number * 7 % 512, number)).await?;
    }
    let mut combinations = Vec::with_capacity(512);
    for mask in 0..512 {
        let mut times = Vec::with_capacity(REQUESTS);
        for number in 0..REQUESTS {
            times.push(search(&client, &url, &samples.body(mask, mask * REQUESTS + number)).await?);
        }
        combinations.push(Combination { mask, p50: percentile(&mut times, 50.0), p95: percentile(&mut times, 95.0) });
    }
    drop(services);
    layout.drop_databases(run).await?;
    Ok(Section { title: "Search", text: TEXT.to_owned(), table: table(combinations) })
}

#[derive(Debug, Clone, Copy)]
struct Combination {
    mask: usize,
    p50: Duration,
    p95: Duration,
}

fn table(mut all: Vec<Combination>) -> Table {
    all.sort_by_key(|combination| std::cmp::Reverse(combination.p95));
    let is_free = |combination: &&Combination| has(combination.mask, "free");
    let mut table = Table::new(&["combinations", "median of p50", "median of p95", "worst p95", "below 50 ms", "aim"]);
    let rows: [(&str, Vec<&Combination>); 3] = [
        ("all 512", all.iter().collect()),
        ("256 with a free interval", all.iter().filter(is_free).collect()),
        ("256 without", all.iter().filter(|combination| !is_free(combination)).collect()),
    ];
    for (name, some) in rows {
        let median = |of: fn(&Combination) -> Duration| {
            Duration::from_secs_f64(Spread::of(some.iter().map(|combination| of(combination).as_secs_f64())).median)
        };
        let worst = some.as_slice().first().map(|combination| combination.p95).unwrap_or_default();
        let met = some.iter().filter(|combination| combination.p95.as_secs_f64() * 1000.0 < AIM_MS).count();
        table.rows.push(vec![
            name.to_owned(),
            millis(median(|combination| combination.p50)),
            millis(median(|combination| combination.p95)),
            millis(worst),
            format!("{met} of {}", some.len()),
            below(AIM_MS, "ms", worst.as_secs_f64() * 1000.0),
        ]);
    }
    for combination in all.iter().take(5) {
        let names: Vec<&str> = FILTERS.into_iter().filter(|name| has(combination.mask, name)).collect();
        let (p50, p95) = (millis(combination.p50), millis(combination.p95));
        table.rows.push(vec![names.join(", "), p50, p95.clone(), p95, String::new(), String::new()]);
    }
    table
}

fn has(mask: usize, filter: &str) -> bool {
    FILTERS.iter().position(|name| *name == filter).is_some_and(|bit| mask & (1 << bit) != 0)
}

async fn search(client: &Client, url: &str, body: &Value) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let answer = client.post(url).json(body).send().await?;
    let status = answer.status();
    let text = answer.text().await?;
    let time = began.elapsed();
    ensure!(status.is_success(), "{body} was answered {status}: {text}");
    Ok(time)
}

/// Things to search for that are there.
#[derive(Debug)]
struct Samples {
    /// A studio's name, city and position each.
    studios: Vec<(String, Value, f64, f64)>,
}

#[derive(QueryableByName)]
struct StudioRow {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = diesel::sql_types::Uuid)]
    city_id: kernel::CityId,
    #[diesel(sql_type = diesel::sql_types::Double)]
    latitude: f64,
    #[diesel(sql_type = diesel::sql_types::Double)]
    longitude: f64,
}

async fn prepare(layout: &Layout) -> anyhow::Result<Samples> {
    let db = layout.db("booking")?;
    let mut conn = db.conn().await?;
    conn.batch_execute(include_str!("../../sql/search_setup.sql")).await.context("making studios")?;
    conn.batch_execute("VACUUM ANALYZE").await?;
    // What was loaded is written out before anything counts, not beside it.
    conn.batch_execute("CHECKPOINT").await?;
    let query = "SELECT name, city_id, latitude, longitude FROM studios ORDER BY id LIMIT 1009";
    let rows: Vec<StudioRow> = diesel::sql_query(query).load(&mut *conn).await?;
    let studios = rows.into_iter().map(|row| (row.name, json!(row.city_id), row.latitude, row.longitude));
    Ok(Samples { studios: studios.collect() })
}

impl Samples {
    /// A search with the filters of a combination. Each number gives other values.
    fn body(&self, mask: usize, number: usize) -> Value {
        let (name, city, latitude, longitude) = &self.studios[number * 13 % self.studios.len()];
        let mut body = json!({});
        for filter in FILTERS.into_iter().filter(|filter| has(mask, filter)) {
            body[filter] = match filter {
                "query" => json!(words(name, number)),
                "city_id" => city.clone(),
                "near" => {
                    let radius_km = [5.0, 50.0, 2000.0][number % 3];
                    json!({"latitude": latitude, "longitude": longitude, "radius_km": radius_km})
                }
                "free" => free(number),
                "max_hourly_rate" => json!(800 + number % 7 * 700),
                "min_capacity" => json!([2, 4, 8, 16][number % 4]),
                "equipment" => json!([format!("thing-{}", number % 5 * number % 39)]),
                "badges" => json!([(["verified", "top-rated", "analog", "nightly"][number % 4])]),
                _ => json!(["3.5", "4", "4.5"][number % 3]),
            };
        }
        let sorts: &[&str] = if has(mask, "near") {
            &["distance", "relevance", "price", "rating", "newest"]
        } else {
            &["relevance", "price", "rating", "newest"]
        };
        body["sort"] = json!(sorts[number % sorts.len()]);
        body
    }
}

/// Both words of a name, one of them misspelt, and the word that every studio has.
fn words(name: &str, number: usize) -> String {
    let mut parts = name.to_lowercase().split(' ').map(str::to_owned).collect::<Vec<_>>();
    match number % 4 {
        0 => format!("{} {}", parts[0], parts[1]),
        1 => parts.swap_remove(0),
        2 => {
            let mut letters: Vec<char> = parts[0].chars().collect();
            let last = letters.len() - 1;
            letters.swap(last, last - 1);
            letters.into_iter().collect()
        }
        _ => "studio".to_owned(),
    }
}

/// Two hours of a day within the next four weeks.
fn free(number: usize) -> Value {
    let hours = 24 * (2 + number as i64 % 25) + 8 + number as i64 % 9;
    let day = real_now().as_second() / 86_400 * 86_400;
    let start = jiff::Timestamp::from_second(day).unwrap_or_default() + SignedDuration::from_hours(hours);
    json!({"starts_at": start.to_string(), "ends_at": (start + SignedDuration::from_hours(2)).to_string()})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_combination_has_its_filters_and_no_others() {
        let samples = Samples { studios: vec![("Kalang Lober Studio".into(), json!("cty_x"), 52.5, 13.4)] };
        let body = samples.body(0b1_0000_0011, 2);
        let names: Vec<&String> = body.as_object().unwrap().keys().collect();
        assert_eq!(names, ["city_id", "min_rating", "query", "sort"]);
        assert_eq!(body["query"], "kalagn");
    }
}
