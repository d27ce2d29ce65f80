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
    let secs = Duration::from_secs;
    vec![
        Job::new("expire_sessions", secs(1), |app, now| Box::pin(expire_sessions(app, now)))
            .due(|app| Box::pin(next_expiry(app))),
        Job::new("lapse_holds", secs(1), |app, now| Box::pin(holds::lapse_due(app, now)))
            .due(|app| Box::pin(holds::next_lapse(app))),
        Job::new("decide_debits", secs(1), |app, now| Box::pin(debits::decide_due(app, now)))
            .due(|app| Box::pin(debits::next_decision(app))),
        Job::new("settle_payouts", secs(1), |app, now| Box::pin(payouts::settle_due(app, now)))
            .due(|app| Box::pin(payouts::next_arrival(app))),
        Job::new("go_on_with_paypal_payouts", secs(1), |app, now| Box::pin(paypal::payouts::go_on_due(app, now)))
            .due(|app| Box::pin(paypal::payouts::next_due(app))),
        // Deliveries follow real time.
        Job::new("deliver_webhooks", Duration::from_millis(200), |app, _| Box::pin(webhooks::deliver_due(app))),
        Job::new("keep_clocks", secs(2), |app, _| Box::pin(clock::keep_clocks(app))),
    ]
}

async fn next_expiry(app: &Sandbox) -> anyhow::Result<Option<Timestamp>> {
    let mut conn = app.db.conn().await?;
    Ok(store::next_expiry(&mut conn).await?)
}

async fn expire_sessions(app: &Sandbox, now: Timestamp) -> anyhow::Result<()> {
    Ok(sessions::expire_due_sessions(app, now).await?)
}
