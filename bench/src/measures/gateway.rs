//! The gateway against nginx: the same GET at the service behind both, and straight at the service.

use std::time::Duration;

use reqwest::Client;

use super::{p99, rate, rates};
use crate::{
    contest::Spread,
    platform::{Layout, Scene},
    report::{Section, Table, at_least},
    run::Run,
    tools::{nginx, wrk},
};

const AIM: f64 = 0.95;

/// One connection shows what the gateway adds to a request, many show what it carries, and more what a crowd costs it.
const CONNECTIONS: [usize; 3] = [1, 32, 256];

/// Asks the database for the caller; answers from memory.
const ROUTES: [(&str, &str); 2] = [("auth", "/api/auth/me"), ("billing", "/api/payments/config")];

const TEXT: &str = "The same authenticated GET through the gateway, through nginx as a plain proxy (connections to both \
sides stay open, no log) and straight at the service. The gateway verifies the access token and passes an internal \
identity on; nginx and the direct requests bring that identity along. Each service is a process of its own and logs one \
line a request; the load is wrk's.";

pub async fn measure(run: &Run) -> anyhow::Result<Section> {
    let client = Client::builder().no_proxy().build()?;
    let layout = Layout::new(run, "gateway").await?;
    layout.migrate(run).await?;
    let services = layout.serve(run, &client, &["auth", "booking", "billing", "gateway"]).await?;
    let scene = Scene::set(&layout, &client, 1).await?;
    let mut table = Table::new(&[
        "GET",
        "connections",
        "service",
        "nginx",
        "gateway",
        "gateway / nginx",
        "p99 service",
        "p99 nginx",
        "p99 gateway",
        "aim",
    ]);
    for (service, path) in ROUTES {
        for connections in CONNECTIONS {
            let row = compare(run, &layout, &scene, service, path, connections).await?;
            table.rows.push(row);
        }
    }
    drop(services);
    layout.drop_databases(run).await?;
    Ok(Section { title: "Gateway", text: TEXT.to_owned(), table })
}

async fn compare(
    run: &Run,
    layout: &Layout,
    scene: &Scene,
    service: &str,
    path: &str,
    connections: usize,
) -> anyhow::Result<Vec<String>> {
    let nginx = nginx(&run.dir, layout.url(service)).await?;
    let urls = [&nginx.url, layout.url("gateway"), layout.url(service)].map(|url| format!("{url}{path}"));
    let names = ["nginx", "gateway", "service"];
    let results = run.pace.contest(&names, async |contender, time: Duration| {
        // Tokens live for minutes: every measurement has its own.
        let customer = scene.customer().await?;
        let token = match names[contender] {
            "gateway" => customer.access_token,
            _ => layout.internal_token(&customer).await?,
        };
        wrk(&urls[contender], &token, connections, time).await
    });
    let results = results.await?;
    let [nginx, gateway, direct] = [&results[0], &results[1], &results[2]];
    let ratio = Spread::of_ratios(&rates(nginx), &rates(gateway));
    Ok(vec![
        format!("`{path}`"),
        connections.to_string(),
        format!("{}/s", rate(direct)),
        format!("{}/s", rate(nginx)),
        format!("{}/s", rate(gateway)),
        ratio.to_string(),
        p99(direct),
        p99(nginx),
        p99(gateway),
        at_least(AIM, ratio.median),
    ])
}
