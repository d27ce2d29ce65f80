//! What billing does by itself: everything that involves a provider and was recorded as an intent before.
//!
//! Each job claims a few rows with a lease by real time, calls the provider outside any transaction, and records the
//! answer; a call that failed is repeated with growing delays. Calls are idempotent at the provider, so a lease that
//! runs out under a slow process costs a repeated call and nothing else.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kernel::clock::real_now;
use service_kit::Job;

use crate::{App, connections::refresh, payout_accounts::sweep, payout_schedules};

mod adopt_early_events;
mod close_sessions;
mod complete_sessions;
mod dispatch_refunds;
mod drive_payouts;
mod sweep_payments;

pub fn jobs() -> Vec<Job<App>> {
    vec![
        Job {
            name: "dispatch_refunds",
            every: Duration::from_secs(5),
            next_due: |app| Box::pin(dispatch_refunds::next_due(app)),
            run: |app, now| Box::pin(dispatch_refunds::run(app, now)),
        },
        Job {
            name: "close_sessions",
            every: Duration::from_secs(5),
            next_due: |_| Box::pin(async { Ok(None) }),
            run: |app, now| Box::pin(close_sessions::run(app, now)),
        },
        Job {
            name: "complete_sessions",
            every: Duration::from_secs(5),
            next_due: |_| Box::pin(async { Ok(None) }),
            run: |app, now| Box::pin(complete_sessions::run(app, now)),
        },
        Job {
            name: "adopt_early_events",
            every: Duration::from_secs(30),
            next_due: |_| Box::pin(async { Ok(None) }),
            run: |app, now| Box::pin(adopt_early_events::run(app, now)),
        },
        Job {
            name: "refresh_tokens",
            every: Duration::from_secs(300),
            next_due: |app| Box::pin(refresh::next_due(app)),
            run: |app, now| Box::pin(refresh::run(app, now)),
        },
        // Before the one that takes their first steps.
        Job {
            name: "schedule_payouts",
            every: Duration::from_secs(60),
            next_due: |app| Box::pin(payout_schedules::run::next_due(app)),
            run: |app, now| Box::pin(payout_schedules::run::run(app, now)),
        },
        Job {
            name: "drive_payouts",
            every: Duration::from_secs(5),
            next_due: |app| Box::pin(drive_payouts::next_due(app)),
            run: |app, now| Box::pin(drive_payouts::run(app, now)),
        },
        Job {
            name: "sweep_payout_accounts",
            every: Duration::from_secs(30),
            next_due: |app| Box::pin(sweep::next_due(app)),
            run: |app, now| Box::pin(sweep::run(app, now)),
        },
        Job {
            name: "sweep_payments",
            every: Duration::from_secs(30),
            next_due: |app| Box::pin(sweep_payments::next_due(app)),
            run: |app, now| Box::pin(sweep_payments::run(app, now)),
        },
    ]
}

/// How many rows are claimed, and how many calls made, at once.
pub const BATCH: i64 = 8;

/// Longer than a provider's call may take.
const LEASE: SignedDuration = SignedDuration::from_secs(60);

pub fn lease_end() -> Timestamp {
    real_now() + LEASE
}

/// When a call that has failed `tries` times is made again: 1 s, 2 s, 4 s, up to 5 minutes.
pub fn retry_at(tries: i32) -> Timestamp {
    let doublings = u32::try_from(tries - 1).unwrap_or(0).min(9);
    real_now() + SignedDuration::from_secs(1 << doublings).min(SignedDuration::from_mins(5))
}
