//! What billing does by itself: everything that involves a provider and was recorded as an intent before.
//!
//! Each job works off a [`crate::worklist`]: it calls the provider outside any transaction, and records the answer.

use std::time::Duration;

use service_kit::Job;

use crate::{
    App, connections::refresh, payment_methods::store::setups::CHECKS, payout_accounts::sweep, payout_schedules,
    statements,
};

mod adopt_early_events;
mod close_sessions;
mod complete_sessions;
mod dispatch_refunds;
mod drive_authorizations;
mod drive_payouts;
mod payment_methods;
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
            name: "drive_authorizations",
            every: Duration::from_secs(5),
            next_due: |app| Box::pin(drive_authorizations::next_due(app)),
            run: |app, now| Box::pin(drive_authorizations::run(app, now)),
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
            name: "tell_of_customers",
            every: Duration::from_secs(5),
            next_due: |_| Box::pin(async { Ok(None) }),
            run: |app, now| Box::pin(payment_methods::tell(app, now)),
        },
        Job {
            name: "sweep_method_setups",
            every: Duration::from_secs(5),
            next_due: |app| Box::pin(CHECKS.next_due(app)),
            run: |app, now| Box::pin(payment_methods::sweep_setups(app, now)),
        },
        Job {
            name: "sweep_payments",
            every: Duration::from_secs(30),
            next_due: |app| Box::pin(sweep_payments::next_due(app)),
            run: |app, now| Box::pin(sweep_payments::run(app, now)),
        },
        Job {
            name: "hand_over_movements",
            every: Duration::from_secs(3_600),
            next_due: |_| Box::pin(async { Ok(None) }),
            run: |app, now| Box::pin(statements::run(app, now)),
        },
    ]
}
