//! The invariants of ARCHITECTURE.md, asked of the databases themselves. Most hold only once the queues have drained:
//! what is on its way is a finding too.

use std::{collections::BTreeMap, time::Duration};

use anyhow::ensure;
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Text},
};
use diesel_async::RunQueryDsl;
use service_kit::Source;
use store::{Conn, Db};

use crate::{cli::say, demo, platform};

/// Something that should not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub service: &'static str,
    pub text: String,
}

/// A question that answers one row, a line of `text`, for everything that is wrong.
struct Check {
    service: &'static str,
    sql: &'static str,
}

const CHECKS: [Check; 10] = [
    // 1. No two active occupancies of a room overlap; asked without the constraint that sees to it.
    Check {
        service: "booking",
        sql: "SELECT format('occupancies %s and %s overlap', a.id, b.id) AS text FROM occupancies a \
              JOIN occupancies b ON a.room_id = b.room_id AND a.id < b.id AND a.period && b.period \
              WHERE a.active AND b.active",
    },
    // 3. No confirmed booking lacks its payment. What a move or overtime has made dearer since may be due still.
    Check {
        service: "booking",
        sql: "SELECT format('booking %s is %s and not paid', id, status) AS text FROM bookings \
              WHERE status IN ('confirmed', 'completed', 'no_show') \
              AND amount_paid < CASE WHEN deposit_due > 0 THEN deposit_due ELSE total END \
              AND NOT coalesce((details ->> 'repriced')::boolean, false)",
    },
    // 3. No cancelled booking keeps what its policy gives back, but for what its studio hands back at the desk.
    Check {
        service: "booking",
        sql: "SELECT format('booking %s gave back %s of %s', id, amount_refunded, refund_due) AS text FROM bookings \
              WHERE status = 'cancelled' \
              AND amount_refunded < refund_due - coalesce((details ->> 'refund_at_desk')::bigint, 0)",
    },
    // 6. No hold outlives its expiry for longer than the job needs.
    Check {
        service: "booking",
        sql: "SELECT format('hold %s expired at %s', id, hold_expires_at) AS text FROM bookings \
              WHERE status = 'held' AND hold_expires_at < now() - interval '10 minutes'",
    },
    // 10. A studio's rating is what its shown reviews say.
    Check {
        service: "booking",
        sql: "SELECT format('studio %s is rated %s by %s, its reviews say %s by %s', s.id, s.rating_sum, \
              s.rating_count, coalesce(r.sum, 0), coalesce(r.count, 0)) AS text FROM studios s \
              LEFT JOIN (SELECT studio_id, sum(rating) AS sum, count(*) AS count FROM reviews \
                  WHERE counted GROUP BY studio_id) r ON r.studio_id = s.id \
              WHERE (s.rating_sum, s.rating_count) IS DISTINCT FROM (coalesce(r.sum, 0), coalesce(r.count, 0))",
    },
    // 10. And none that is shown is left out for longer than the job needs.
    Check {
        service: "booking",
        sql: "SELECT format('review %s is shown since %s and not counted', id, reveal_at) AS text FROM reviews \
              WHERE author = 'customer' AND NOT counted AND hidden_at IS NULL \
              AND reveal_at < now() - interval '10 minutes'",
    },
    // 3. Each business event once: a succeeded payment has its receipt.
    Check {
        service: "billing",
        sql: "SELECT format('payment %s has no receipt', p.id) AS text FROM payments p \
              LEFT JOIN receipts r ON r.payment_id = p.id WHERE p.status = 'succeeded' AND r.id IS NULL",
    },
    // 6. No payment stays in processing past the sweeper's limit.
    Check {
        service: "billing",
        sql: "SELECT format('payment %s is processing since %s', id, processing_at) AS text FROM payments \
              WHERE status = 'processing' AND processing_at < now() - interval '14 days'",
    },
    // 6. No refund waits for ever.
    Check {
        service: "billing",
        sql: "SELECT format('refund %s is pending since %s', id, created_at) AS text FROM refunds \
              WHERE status = 'pending' AND created_at < now() - interval '14 days'",
    },
    // 7. Numbers of a series are 1..n without a gap.
    Check {
        service: "billing",
        sql: "SELECT format('receipts of company %s have a gap', company_id) AS text FROM receipts \
              GROUP BY company_id HAVING max(number) <> count(*) OR min(number) <> 1",
    },
];

/// 5. Nothing is left to publish, and nothing was parked.
const EVENTS: &str = "SELECT format('%s events are not published yet', count(*)) AS text FROM outbox \
    WHERE published_at IS NULL HAVING count(*) > 0 \
    UNION ALL SELECT format('event %s (%s) is parked: %s', event_id, event_type, error) FROM parked_events";

const PROBES_RETURN_WITHIN: Duration = Duration::from_secs(10);

/// Asks the databases everything.
pub async fn examine(source: &Source) -> anyhow::Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for service in platform::names_with_database() {
        let db = platform::database(source, service)?;
        let checks = CHECKS.iter().filter(|check| check.service == service).map(|check| check.sql);
        for sql in checks.chain([EVENTS]) {
            findings.extend(ask(&db, sql).await?.into_iter().map(|text| Finding { service, text }));
        }
    }
    findings.extend(ledger(source).await?);
    findings.extend(clearing(source).await?);
    findings.extend(demo_accounts(source).await?);
    Ok(findings)
}

/// 2. Every transfer sums to zero and every balance equals its entries.
pub async fn ledger(source: &Source) -> anyhow::Result<Vec<Finding>> {
    let findings = ledger::verify(&platform::database(source, "ledger")?).await?;
    Ok(findings.into_iter().map(|finding| Finding { service: "ledger", text: finding.to_string() }).collect())
}

/// 4. Per provider and currency, what billing says was taken and not given back is the ledger's clearing account.
async fn clearing(source: &Source) -> anyhow::Result<Vec<Finding>> {
    let taken = "SELECT provider || ' ' || currency AS name, sum(amount_captured - amount_refunded)::bigint AS amount \
                 FROM payments WHERE status = 'succeeded' AND (settlement IS NULL OR provider = 'stripe') GROUP BY 1";
    // What is charged on a company's own account never comes here but for the fee. What Stripe passes on comes and goes.
    // What came in and went back; payouts, fees and settlements are no business of billing's payments.
    let booked = "SELECT substr(a.code, 17) || ' ' || a.currency AS name, sum(e.amount)::bigint AS amount \
                  FROM accounts a JOIN entries e ON e.account_id = a.id JOIN transfers t ON t.id = e.transfer_id \
                  WHERE a.code LIKE 'assets:provider:%' \
                    AND t.kind IN ('payment_received', 'payment_refunded', 'unallocated_refunded', 'refund_returned', \
                                   'unallocated_refund_returned') GROUP BY 1";
    let mut conn = platform::database(source, "billing")?.conn().await?;
    let taken = amounts(&mut conn, taken).await?;
    let mut conn = platform::database(source, "ledger")?.conn().await?;
    let mut booked = amounts(&mut conn, booked).await?;
    let mut findings = Vec::new();
    for (name, amount) in taken {
        let posted = booked.remove(&name).unwrap_or_default();
        if posted != amount {
            let text = format!("{name}: the ledger has {posted}, billing {amount} (minor units)");
            findings.push(Finding { service: "ledger", text });
        }
    }
    let unknown = booked.into_iter().filter(|(_, posted)| *posted != 0);
    findings.extend(unknown.map(|(name, posted)| {
        let text = format!("{name}: the ledger has {posted} that billing does not know");
        Finding { service: "ledger", text }
    }));
    Ok(findings)
}

/// Demo accounts have passwords that everybody knows.
async fn demo_accounts(source: &Source) -> anyhow::Result<Vec<Finding>> {
    if source.environment().is_development() {
        return Ok(Vec::new());
    }
    let mut conn = platform::database(source, "auth")?.conn().await?;
    let found: Vec<Line> = diesel::sql_query(
        "SELECT format('demo account %s exists', email) AS text FROM users WHERE lower(email) = ANY($1)",
    )
    .bind::<Array<Text>, _>(demo::EMAILS.as_slice())
    .load(&mut *conn)
    .await?;
    Ok(found.into_iter().map(|line| Finding { service: "auth", text: line.text }).collect())
}

/// Retry queues give back what is put into them: each is sent a probe, which its running consumer answers.
pub async fn retry_queues(source: &Source) -> anyhow::Result<Vec<Finding>> {
    let Some(config) = service_kit::rabbitmq_config(source)? else { return Ok(Vec::new()) };
    let services = platform::services();
    let all = services.iter().map(|service| service.topology());
    let consumers: Vec<_> = all.filter(|consumer| !consumer.event_types.is_empty()).collect();
    let silent = events::probe_retry_queues(&config, &consumers, PROBES_RETURN_WITHIN).await?;
    let finding = |queue: String| Finding { service: "broker", text: format!("queue {queue} gave no probe back") };
    Ok(silent.into_iter().map(finding).collect())
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    text: String,
}

async fn ask(db: &Db, sql: &str) -> anyhow::Result<Vec<String>> {
    let mut conn = db.conn().await?;
    let lines: Vec<Line> = diesel::sql_query(sql).load(&mut *conn).await?;
    Ok(lines.into_iter().map(|line| line.text).collect())
}

#[derive(QueryableByName)]
struct Amount {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

async fn amounts(conn: &mut Conn, sql: &str) -> anyhow::Result<BTreeMap<String, i64>> {
    let rows: Vec<Amount> = diesel::sql_query(sql).load(conn).await?;
    Ok(rows.into_iter().map(|row| (row.name, row.amount)).collect())
}

/// Prints the findings; fails when there are any, so that scripts notice.
pub fn report(findings: Vec<Finding>) -> anyhow::Result<()> {
    for finding in &findings {
        say(&format!("{}: {}", finding.service, finding.text));
    }
    ensure!(findings.is_empty(), "{} findings", findings.len());
    say("everything holds");
    Ok(())
}
