//! How everything stands in the end, as far as it must not depend on what was told when.

use std::{collections::BTreeMap, time::Duration};

use diesel::{
    QueryableByName,
    sql_types::{BigInt, Text},
};
use diesel_async::RunQueryDsl;
use testkit::eventually_within;

use crate::support::TestPlatform;

/// Lines by what they are about.
pub type Outcome = BTreeMap<&'static str, Vec<String>>;

/// How long some thousand events may take to go through everybody, in a debug build.
const PATIENCE: Duration = Duration::from_secs(300);

/// Left out is what only some events tell, so that it stays unknown where they are lost (how often a customer tried,
/// with which card), and the numbers and ids that are given in the order of arrival.
const QUESTIONS: [(&str, &str, &str); 7] = [
    (
        "payments",
        "billing",
        "SELECT concat_ws(' ', id, status, amount_captured, amount_refunded, amount_refunding, provider_payment_id, \
         coalesce(failure_code, '-'), applied_at IS NOT NULL) AS text FROM payments",
    ),
    ("receipts", "billing", "SELECT concat_ws(' ', payment_id, amount, currency, provider) AS text FROM receipts"),
    (
        "refunds",
        "billing",
        "SELECT concat_ws(' ', payment_id, status, amount, cause, provider_refund_id) AS text FROM refunds",
    ),
    (
        "disputes",
        "billing",
        "SELECT concat_ws(' ', payment_id, provider_dispute_id, status, amount) AS text FROM disputes",
    ),
    ("bookings", "booking", "SELECT concat_ws(' ', id, status, amount_paid, amount_refunded) AS text FROM bookings"),
    // Through which accounts a refund goes depends on what was known; where the money is in the end does not.
    (
        "accounts",
        "ledger",
        "SELECT concat_ws(' ', code, currency, posted, pending_debits, pending_credits) AS text FROM accounts \
         WHERE posted <> 0",
    ),
    (
        "money received",
        "ledger",
        "SELECT concat_ws(' ', t.source, a.code, e.amount) AS text FROM transfers t \
         JOIN entries e ON e.transfer_id = t.id JOIN accounts a ON a.id = e.account_id WHERE t.kind = 'payment_received'",
    ),
];

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    text: String,
}

async fn ask(platform: &TestPlatform) -> Outcome {
    let mut outcome = Outcome::new();
    for (about, service, question) in QUESTIONS {
        let db = platform.db(service);
        let lines: Vec<Line> = diesel::sql_query(question).load(&mut *db.conn().await.unwrap()).await.unwrap();
        let mut lines: Vec<_> = lines.into_iter().map(|line| line.text).collect();
        lines.sort_unstable();
        outcome.insert(about, lines);
    }
    outcome
}

/// How everything stands once every event is in the inbox of everybody it concerns and every invariant holds.
pub async fn settle(platform: &TestPlatform) -> Outcome {
    eventually_within(PATIENCE, "every event has taken effect", || async {
        let findings = roomtone::examine(&platform.source).await.unwrap();
        (findings.is_empty() && is_quiet(platform).await).then_some(())
    })
    .await;
    ask(platform).await
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn counts(platform: &TestPlatform, service: &str, question: &str) -> Vec<Count> {
    let db = platform.db(service);
    let mut conn = db.conn().await.unwrap();
    diesel::sql_query(question).load(&mut *conn).await.unwrap()
}

async fn is_quiet(platform: &TestPlatform) -> bool {
    let services = roomtone::platform::services();
    let services: Vec<_> = services.iter().filter(|service| service.has_database()).collect();
    let mut told: BTreeMap<String, i64> = BTreeMap::new();
    for service in &services {
        let by_type = "SELECT event_type AS name, count(*) AS count FROM outbox GROUP BY event_type";
        for Count { name, count } in counts(platform, service.name(), by_type).await {
            *told.entry(name).or_default() += count;
        }
    }
    for service in &services {
        let wanted: i64 = service.topology().event_types.iter().filter_map(|event| told.get(event)).sum();
        let heard = "SELECT consumer AS name, count(*) AS count FROM inbox GROUP BY consumer";
        let heard: i64 = counts(platform, service.name(), heard).await.iter().map(|row| row.count).sum();
        if heard < wanted {
            return false;
        }
    }
    true
}
