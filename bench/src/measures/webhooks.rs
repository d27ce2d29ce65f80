//! How fast a provider's events are stored and answered.

use std::time::Duration;

use reqwest::Client;

use super::{p99, p99_millis, rates, thousands};
use crate::{
    contest::Spread,
    load::{Throughput, closed_loop, steady},
    platform::Layout,
    report::{Section, Table, at_least, below},
    run::Run,
    tools::{Stripe, success},
};

const AIM_P99_MILLIS: f64 = 20.0;
const AIM_PER_SECOND: f64 = 3000.0;

/// The load under which answers are timed.
const PER_SECOND: u32 = 500;
const CLIENTS: usize = 32;

const TEXT: &str = "Events of Stripe, about a kilobyte each and each another one, signed here and delivered to the webhook \
service, straight and through the gateway. An answer says that the signature was right and that event and outbox row are \
committed; meanwhile the relay publishes them to RabbitMQ on the same cores. *Latency* is measured at 500 events a second and \
counts from the instant an event was due; the *maximum* is what 32 clients get answered that never pause.";

pub async fn measure(run: &Run) -> anyhow::Result<Section> {
    let client = Client::builder().no_proxy().build()?;
    let layout = Layout::new(run, "webhooks").await?;
    layout.migrate(run).await?;
    let services = layout.serve(run, &client, &["auth", "webhook", "gateway"]).await?;
    let mut table = Table::new(&["", "figure", "p50", "p99", "aim"]);
    for (service, name) in [("webhook", "at the service"), ("gateway", "through the gateway")] {
        let stripe = Stripe::telling(&layout, service, &client)?;
        let latency = rounds(run, async |time| latency(&stripe, time).await).await?;
        let maximum = rounds(run, async |time| maximum(&stripe, time).await).await?;
        let p99_is = p99_millis(&latency);
        table.rows.push(row(
            &format!("latency at {PER_SECOND}/s, {name}"),
            &latency,
            below(AIM_P99_MILLIS, "ms", p99_is),
        ));
        let most = Spread::of(rates(&maximum));
        table.rows.push(row(&format!("maximum, {name}"), &maximum, at_least(AIM_PER_SECOND, most.median)));
    }
    drop(services);
    layout.drop_databases(run).await?;
    Ok(Section { title: "Webhooks", text: TEXT.to_owned(), table })
}

async fn rounds(
    run: &Run,
    mut measure: impl AsyncFnMut(Duration) -> anyhow::Result<Throughput>,
) -> anyhow::Result<Vec<Throughput>> {
    let mut results = run.pace.contest(&["webhooks"], async |_, time| measure(time).await).await?;
    Ok(results.swap_remove(0))
}

async fn latency(stripe: &Stripe, time: Duration) -> anyhow::Result<Throughput> {
    let count = u64::from(PER_SECOND) * time.as_secs();
    let stripe = stripe.clone();
    steady(CLIENTS, PER_SECOND, count, move |_, _| tell(stripe.clone())).await
}

async fn maximum(stripe: &Stripe, time: Duration) -> anyhow::Result<Throughput> {
    let stripe = stripe.clone();
    closed_loop(CLIENTS, time, move || tell(stripe.clone())).await
}

async fn tell(stripe: Stripe) -> anyhow::Result<()> {
    let id = format!("evt_{}", kernel::new_uuid().simple());
    let [(event_type, object), ..] = success("pay_01h455vb4pex5vsknk084sn02q", 4760);
    stripe.tell(&id, event_type, &object).await
}

fn row(name: &str, rounds: &[Throughput], aim: String) -> Vec<String> {
    let figure = format!("{}/s", thousands(Spread::of(rates(rounds)).median));
    let p50 = Spread::of(rounds.iter().filter_map(|round| round.p50).map(|p50| p50.as_secs_f64() * 1000.0)).median;
    vec![name.to_owned(), figure, format!("{p50:.2} ms"), p99(rounds), aim]
}
