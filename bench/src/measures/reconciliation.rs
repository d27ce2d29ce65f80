//! A month of a provider's balance transactions against the book.

use std::time::Duration;

use anyhow::{Context, ensure};
use auth::admin::{NewUser, PlatformRole, Role, create_user};
use diesel_async::SimpleAsyncConnection;
use jiff::{SignedDuration, Timestamp};
use kernel::clock::real_now;
use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::thousands;
use crate::{
    platform::{Api, Layout, PASSWORD},
    report::{Section, Table, below},
    run::Run,
};

const AIM_SECONDS: f64 = 30.0;

const TRANSACTIONS: u64 = 100_000;
/// What billing hands over in one request.
const PER_REQUEST: u64 = 1_000;
/// One in so many is unknown to the book, and as many to the provider.
const ODD: u64 = 1_000;

const ADMIN: &str = "bench-admin@example.com";

const TEXT: &str = "100,000 balance transactions of one provider in thirty days, as many payments in the book, and a hundred \
on each side that the other has not. *Handing over*: what billing sends the ledger, a thousand a request. *Comparing*: \
`POST /api/admin/ledger/reconciliation` for the thirty days. Both once, on an empty table and with everything there before.";

pub async fn measure(run: &Run) -> anyhow::Result<Section> {
    let client = Client::builder().no_proxy().build()?;
    let layout = Layout::new(run, "reconciliation").await?;
    layout.migrate(run).await?;
    let from = Timestamp::from_second(real_now().as_second() - 30 * 24 * 3600)?;
    fill(&layout, from).await.context("filling the book")?;
    let admin = NewUser {
        email: ADMIN.to_owned(),
        password: PASSWORD.into(),
        name: "Bench".to_owned(),
        role: Role::Customer,
        platform_role: Some(PlatformRole::Admin),
    };
    create_user(&layout.db("auth")?, admin).await?;
    let services = layout.serve(run, &client, &["auth", "gateway", "ledger"]).await?;
    let api = Api::new(&client, &layout);
    let admin = layout.internal_token(&api.log_in(ADMIN, PASSWORD).await?).await?;

    let mut table = Table::new(&["", "handing over", "comparing", "together", "aim"]);
    for name in ["for the first time", "again"] {
        let handing_over = hand_over(&layout, from).await?;
        let comparing = compare(&layout, &client, &admin, from).await?;
        eprintln!("  {name}: {handing_over:?} and {comparing:?}");
        table.rows.push(row(name, handing_over, comparing));
    }
    drop(services);
    layout.drop_databases(run).await?;
    Ok(Section { title: "Reconciliation", text: TEXT.to_owned(), table })
}

fn row(name: &str, handing_over: Duration, comparing: Duration) -> Vec<String> {
    let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
    let together = handing_over + comparing;
    let aim = below(AIM_SECONDS, "s", together.as_secs_f64());
    vec![name.to_owned(), seconds(handing_over), seconds(comparing), seconds(together), aim]
}

async fn fill(layout: &Layout, from: Timestamp) -> anyhow::Result<()> {
    let setup = include_str!("../../sql/reconciliation_setup.sql")
        .replace("TRANSACTIONS", &TRANSACTIONS.to_string())
        .replace("ODD", &ODD.to_string())
        .replace("BEGINNING", &from.to_string());
    let db = layout.db("ledger")?;
    let mut conn = db.conn().await?;
    conn.batch_execute(&setup).await?;
    Ok(conn.batch_execute("VACUUM ANALYZE").await?)
}

/// As billing sends them. The book has all but one in [`ODD`].
async fn hand_over(layout: &Layout, from: Timestamp) -> anyhow::Result<Duration> {
    let billing = layout.peers_as("billing")?;
    let began = Instant::now();
    for request in 0..TRANSACTIONS / PER_REQUEST {
        let numbers = request * PER_REQUEST..(request + 1) * PER_REQUEST;
        let transactions: Vec<_> = numbers.map(|number| transaction(number, from)).collect();
        let body = json!({"provider": "stripe", "transactions": transactions});
        billing.tell("ledger", "/internal/reconciliation/balance-transactions", &body).await?;
    }
    Ok(began.elapsed())
}

fn transaction(number: u64, from: Timestamp) -> Value {
    let seconds = number * 30 * 24 * 3600 / TRANSACTIONS;
    let known = if number.is_multiple_of(ODD) { "unknown" } else { "pay" };
    json!({
        "id": format!("txn_{number}"), "class": "charge", "reference": format!("{known}_{number}"), "currency": "EUR",
        "amount": 4760, "fee": 0, "occurred_at": (from + SignedDuration::from_secs(seconds as i64)).to_string(),
    })
}

async fn compare(layout: &Layout, client: &Client, token: &str, from: Timestamp) -> anyhow::Result<Duration> {
    let to = from + SignedDuration::from_hours(30 * 24);
    let body = json!({"provider": "stripe", "from": from.to_string(), "to": to.to_string()});
    let began = Instant::now();
    let url = format!("{}/api/admin/ledger/reconciliation", layout.url("ledger"));
    let answer = client.post(url).bearer_auth(token).json(&body).send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    let took = began.elapsed();
    ensure!(status.is_success(), "the comparison was answered {status}: {text}");
    let report: Value = serde_json::from_str(&text)?;
    let found = ["matched", "missing_here", "missing_there", "different_amount"].map(|name| report[name].as_u64());
    let odd = TRANSACTIONS / ODD;
    ensure!(found == [Some(TRANSACTIONS - odd), Some(odd), Some(odd), Some(0)], "it found {text}");
    eprintln!("  {} matched", thousands((TRANSACTIONS - odd) as f64));
    Ok(took)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transactions_lie_within_thirty_days_and_one_in_a_thousand_is_unknown() {
        let from = Timestamp::UNIX_EPOCH;
        let last = transaction(TRANSACTIONS - 1, from);
        let at: Timestamp = last["occurred_at"].as_str().unwrap().parse().unwrap();
        assert!(at < from + SignedDuration::from_hours(30 * 24), "{at}");
        assert_eq!(last["reference"], "pay_99999");
        assert_eq!(transaction(ODD, from)["reference"], "unknown_1000");
    }

    #[test]
    fn both_parts_count() {
        let row = row("again", Duration::from_secs(20), Duration::from_secs(11));
        assert_eq!((row[3].as_str(), row[4].as_str()), ("31.00 s", "< 30 s: **missed**"));
    }
}
