//! What the sandbox does by itself.

use std::time::Duration;

use jiff::Timestamp;
use service_kit::Job;

use crate::{
    clock,
    connect::payouts,
    payments::{debits, holds, sessions, store},
    paypal,
    state::Sandbox,
    webhooks,
};

pub fn jobs() -> Vec<Job<Sandbox>> {
    vec![
        Job {
            name: "expire_sessions",
            every: Duration::from_secs(1),
            next_due: |app| Box::pin(next_expiry(app)),
            run: |app, now| Box::pin(expire_sessions(app, now)),
        },
        Job {
            name: "lapse_holds",
            every: Duration::from_secs(1),
            next_due: |app| Box::pin(holds::next_lapse(app)),
            run: |app, now| Box::pin(holds::lapse_due(app, now)),
        },
        Job {
            name: "decide_debits",
            every: Duration::from_secs(1),
            next_due: |app| Box::pin(debits::next_decision(app)),
            run: |app, now| Box::pin(debits::decide_due(app, now)),
        },
        Job {
            name: "settle_payouts",
            every: Duration::from_secs(1),
            next_due: |app| Box::pin(payouts::next_arrival(app)),
            run: |app, now| Box::pin(payouts::settle_due(app, now)),
        },
        Job {
            name: "go_on_with_paypal_payouts",
            every: Duration::from_secs(1),
            next_due: |app| Box::pin(paypal::payouts::next_due(app)),
            run: |app, now| Box::pin(paypal::payouts::go_on_due(app, now)),
        },
        Job {
            name: "deliver_webhooks",
            every: Duration::from_millis(200),
            // Deliveries follow real time.
            next_due: |_| Box::pin(async { Ok(None) }),
            run: |app, _| Box::pin(webhooks::deliver_due(app)),
        },
        Job {
            name: "keep_clocks",
            every: Duration::from_secs(2),
            next_due: |_| Box::pin(async { Ok(None) }),
            run: |app, _| Box::pin(clock::keep_clocks(app)),
        },
    ]
}

async fn next_expiry(app: &Sandbox) -> anyhow::Result<Option<Timestamp>> {
    let mut conn = app.db.conn().await?;
    Ok(store::next_expiry(&mut conn).await?)
}

async fn expire_sessions(app: &Sandbox, now: Timestamp) -> anyhow::Result<()> {
    Ok(sessions::expire_due_sessions(app, now).await?)
}
