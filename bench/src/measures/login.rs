//! Logins: what the service adds to the hash it has to compute, and what a crowd of them leaves to everybody else.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use argon2::{Argon2, PasswordVerifier, password_hash::phc::PasswordHash};
use reqwest::{Client, StatusCode};
use serde_json::json;

use super::{p99, p99_millis, rate, rates, thousands};
use crate::{
    contest::Spread,
    load::{Throughput, closed_loop},
    platform::{CUSTOMER, Layout, PASSWORD, Scene},
    report::{Section, Table, at_least, below},
    run::Run,
    tools::Started,
};

const AIM_RATIO: f64 = 0.9;
const AIM_MILLIS: f64 = 200.0;
/// As many passwords as wait in a queue before somebody is refused, and what a service may grow by.
const AIM_MEGABYTES: f64 = 200.0;

const CLIENTS: usize = 8;
const CROWD: usize = 200;
const OTHERS: usize = 4;

const TEXT: &str = "*Logins*: `POST /api/auth/login` by 8 clients, through the gateway, against nothing but the hash: the customer's own argon2id hash (19 MiB, two passes) verified on one thread a core. *The crowd*: 200 clients that log in without pause, and 4 others that read `/api/auth/me` through the same gateway meanwhile, from the service that hashes; beside them the same readers alone. Whoever finds the queue of passwords full is answered 503 with `Retry-After`. Memory is auth's `VmRSS`.";

pub async fn measure(run: &Run) -> anyhow::Result<Section> {
    let client = Client::builder().no_proxy().build()?;
    let layout = Layout::new(run, "login").await?;
    layout.migrate(run).await?;
    let services = layout.serve(run, &client, &["auth", "booking", "billing", "gateway"]).await?;
    let scene = Scene::set(&layout, &client, 1).await?;
    let mut table = Table::new(&["", "figure", "baseline", "ratio", "p99", "aim"]);
    table.rows.push(logins(run, &layout, &scene).await?);
    table.rows.extend(crowd(run, &scene, &services[0]).await?);
    drop(services);
    layout.drop_databases(run).await?;
    Ok(Section { title: "Login", text: TEXT.to_owned(), table })
}

async fn logins(run: &Run, layout: &Layout, scene: &Scene) -> anyhow::Result<Vec<String>> {
    let hash = stored_hash(layout).await?;
    let names = ["argon2", "logins"];
    let results = run.pace.contest(&names, async |contender, time: Duration| {
        if names[contender] == "argon2" {
            let hash = hash.clone();
            return tokio::task::spawn_blocking(move || verifications(&hash, time)).await?;
        }
        let scene = scene.clone();
        closed_loop(CLIENTS, time, move || {
            let scene = scene.clone();
            async move { scene.customer().await.map(drop) }
        })
        .await
    });
    let results = results.await?;
    let ratio = Spread::of_ratios(&rates(&results[0]), &rates(&results[1]));
    Ok(vec![
        "logins".to_owned(),
        format!("{}/s", rate(&results[1])),
        format!("{}/s", rate(&results[0])),
        ratio.to_string(),
        p99(&results[1]),
        at_least(AIM_RATIO, ratio.median),
    ])
}

/// The very hash that the service verifies.
async fn stored_hash(layout: &Layout) -> anyhow::Result<String> {
    use diesel_async::RunQueryDsl;

    #[derive(diesel::QueryableByName)]
    struct Row {
        #[diesel(sql_type = diesel::sql_types::Text)]
        password_hash: String,
    }
    let db = layout.db("auth")?;
    let mut conn = db.conn().await?;
    let query = diesel::sql_query("SELECT password_hash FROM users WHERE email = $1");
    let row: Row = query.bind::<diesel::sql_types::Text, _>(CUSTOMER).get_result(&mut *conn).await?;
    Ok(row.password_hash)
}

/// Verifies it on every core for so long.
fn verifications(hash: &str, time: Duration) -> anyhow::Result<Throughput> {
    let done = AtomicU64::new(0);
    let began = Instant::now();
    thread::scope(|scope| {
        let cores = thread::available_parallelism()?.get();
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(|| verify_until(hash, began + time, &done))).collect();
        for thread in threads {
            thread.join().map_err(|_| anyhow::anyhow!("a thread crashed"))??;
        }
        anyhow::Ok(())
    })?;
    let per_second = done.into_inner() as f64 / began.elapsed().as_secs_f64();
    Ok(Throughput { per_second, p50: None, p99: None })
}

fn verify_until(hash: &str, end: Instant, done: &AtomicU64) -> anyhow::Result<()> {
    let hash = PasswordHash::new(hash).map_err(|error| anyhow::anyhow!("{error}"))?;
    while Instant::now() < end {
        let verified = Argon2::default().verify_password(PASSWORD.as_bytes(), &hash);
        verified.map_err(|error| anyhow::anyhow!("{error}"))?;
        done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// The readers alone, and the same readers beside the crowd, in turns.
async fn crowd(run: &Run, scene: &Scene, auth: &Started) -> anyhow::Result<Vec<Vec<String>>> {
    let names = ["alone", "beside the crowd"];
    let mut most = 0.0_f64;
    let answered = Arc::new(Answered::default());
    let results = run.pace.contest(&names, async |contender, time: Duration| {
        let token = scene.customer().await?.access_token;
        let reader = scene.clone();
        let reading = closed_loop(OTHERS, time, move || {
            let (scene, token) = (reader.clone(), token.clone());
            async move { scene.api.get(&token, "/api/auth/me").await.map(drop) }
        });
        if names[contender] == "alone" {
            return reading.await;
        }
        let (scene, answered) = (scene.clone(), Arc::clone(&answered));
        let crowd = closed_loop(CROWD, time, move || {
            let (scene, answered) = (scene.clone(), Arc::clone(&answered));
            async move { attempt(&scene, &answered).await }
        });
        let (read, crowded, resident) = tokio::join!(reading, crowd, auth.most_resident(time));
        crowded?;
        most = most.max(resident?);
        read
    });
    let results = results.await?;
    Ok(vec![
        readers_row(&results[0], &results[1]),
        vec![
            "memory of auth beside the crowd".to_owned(),
            format!("{most:.0} MB"),
            String::new(),
            String::new(),
            String::new(),
            below(AIM_MEGABYTES, "MB", most),
        ],
        vec![
            "answers to the crowd".to_owned(),
            format!("{} signed in", thousands(answered.signed_in.load(Ordering::Relaxed) as f64)),
            format!("{} refused with 503", thousands(answered.refused.load(Ordering::Relaxed) as f64)),
            String::new(),
            String::new(),
            String::new(),
        ],
    ])
}

fn readers_row(alone: &[Throughput], crowded: &[Throughput]) -> Vec<String> {
    let millis = p99_millis(crowded);
    vec![
        "reads beside the crowd".to_owned(),
        format!("{}/s", rate(crowded)),
        format!("{}/s alone, p99 {}", rate(alone), p99(alone)),
        Spread::of_ratios(&rates(alone), &rates(crowded)).to_string(),
        p99(crowded),
        below(AIM_MILLIS, "ms", millis),
    ]
}

#[derive(Default)]
struct Answered {
    signed_in: AtomicU64,
    refused: AtomicU64,
}

/// A login that may find the queue full; then it waits a moment, less than it is told to.
async fn attempt(scene: &Scene, answered: &Answered) -> anyhow::Result<()> {
    let request = scene.api.client.post(format!("{}/api/auth/login", scene.api.url));
    let answer = request.json(&json!({"email": CUSTOMER, "password": PASSWORD})).send().await?;
    match answer.status() {
        StatusCode::OK => {
            answered.signed_in.fetch_add(1, Ordering::Relaxed);
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            ensure!(answer.headers().contains_key("retry-after"), "a refusal says when to come again");
            answered.refused.fetch_add(1, Ordering::Relaxed);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        status => anyhow::bail!("a login was answered {status}"),
    }
    answer.bytes().await.context("the whole answer").map(drop)
}
