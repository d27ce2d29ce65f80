//! How long a session that was ended at one gateway is still let in at another.

use std::time::Duration;

use anyhow::{bail, ensure};
use reqwest::{Client, StatusCode};
use serde_json::Value;
use tokio::time::Instant;

use super::thousands;
use crate::{
    load::{millis, percentile},
    platform::{Api, Layout, Scene, Session},
    report::{Section, Table, below},
    run::Run,
};

const AIM_MILLIS: f64 = 250.0;
const LOGOUTS: usize = 200;
/// Access tokens live for minutes: longer than this means that nobody was told.
const GIVES_UP_AFTER: Duration = Duration::from_secs(10);

const TEXT: &str = "Two gateways on RabbitMQ. A session whose token both have verified and kept is logged out at one; the time is from the answer to that until the other answers 401 to a request with the token, asked again and again. Between them lie auth's outbox, the relay, RabbitMQ and the second gateway's list of ended sessions.";

pub async fn measure(run: &Run) -> anyhow::Result<Section> {
    let client = Client::builder().no_proxy().build()?;
    let layout = Layout::new(run, "logout").await?;
    layout.migrate(run).await?;
    let services = layout.serve(run, &client, &["auth", "booking", "billing", "gateway"]).await?;
    let beside = layout.beside("gateway")?;
    let other = beside.serve(run, &client, &["gateway"]).await?;
    let scene = Scene::set(&layout, &client, 1).await?;
    let second = Api::new(&client, &beside);
    let mut times = Vec::with_capacity(LOGOUTS);
    let mut let_in = 0;
    for _ in 0..LOGOUTS {
        let session = scene.customer().await?;
        let (time, requests) = time_to_refusal(&scene.api, &second, &session).await?;
        times.push(time);
        let_in += requests;
    }
    drop((other, services));
    layout.drop_databases(run).await?;
    Ok(section(&mut times, let_in))
}

/// The time, and how many requests were let in meanwhile.
async fn time_to_refusal(first: &Api, second: &Api, session: &Session) -> anyhow::Result<(Duration, u32)> {
    for gateway in [first, second] {
        ensure!(asked(gateway, session).await? == StatusCode::OK, "a fresh token is let in");
    }
    first.post(session, "/api/auth/logout", Value::Null).await?;
    let began = Instant::now();
    let mut let_in = 0;
    while began.elapsed() < GIVES_UP_AFTER {
        match asked(second, session).await? {
            StatusCode::UNAUTHORIZED => return Ok((began.elapsed(), let_in)),
            _ => let_in += 1,
        }
    }
    bail!("a session that was logged out is still let in after {GIVES_UP_AFTER:?}")
}

/// A route that does not look the session up by itself.
async fn asked(gateway: &Api, session: &Session) -> anyhow::Result<StatusCode> {
    let request = gateway.client.get(format!("{}/api/payments?limit=1", gateway.url));
    Ok(request.bearer_auth(&session.access_token).send().await?.status())
}

fn section(times: &mut [Duration], let_in: u32) -> Section {
    let p99 = percentile(times, 99.0);
    let mut table = Table::new(&["from logout to refusal", "time", "aim"]);
    for (name, percent) in [("p50", 50.0), ("p99", 99.0), ("longest", 100.0)] {
        let aim = if name == "p99" { below(AIM_MILLIS, "ms", p99.as_secs_f64() * 1000.0) } else { String::new() };
        table.rows.push(vec![name.to_owned(), millis(percentile(times, percent)), aim]);
    }
    let counted = thousands(f64::from(let_in));
    table.rows.push(vec![format!("requests let in meanwhile, of {LOGOUTS} logouts"), counted, String::new()]);
    Section { title: "Logout", text: TEXT.to_owned(), table }
}
