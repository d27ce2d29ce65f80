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
    let secs = Duration::from_secs;
    vec![
        Job::new("dispatch_refunds", secs(5), |app, now| Box::pin(dispatch_refunds::run(app, now)))
            .due(|app| Box::pin(dispatch_refunds::next_due(app))),
        Job::new("close_sessions", secs(5), |app, now| Box::pin(close_sessions::run(app, now))),
        Job::new("complete_sessions", secs(5), |app, now| Box::pin(complete_sessions::run(app, now))),
        Job::new("drive_authorizations", secs(5), |app, now| Box::pin(drive_authorizations::run(app, now)))
            .due(|app| Box::pin(drive_authorizations::next_due(app))),
        Job::new("adopt_early_events", secs(30), |app, now| Box::pin(adopt_early_events::run(app, now))),
        Job::new("refresh_tokens", secs(300), |app, now| Box::pin(refresh::run(app, now)))
            .due(|app| Box::pin(refresh::next_due(app))),
        // Before the one that takes their first steps.
        Job::new("schedule_payouts", secs(60), |app, now| Box::pin(payout_schedules::run::run(app, now)))
            .due(|app| Box::pin(payout_schedules::run::next_due(app))),
        Job::new("drive_payouts", secs(5), |app, now| Box::pin(drive_payouts::run(app, now)))
            .due(|app| Box::pin(drive_payouts::next_due(app))),
        Job::new("sweep_payout_accounts", secs(30), |app, now| Box::pin(sweep::run(app, now)))
            .due(|app| Box::pin(sweep::next_due(app))),
        Job::new("tell_of_customers", secs(5), |app, now| Box::pin(payment_methods::tell(app, now))),
        Job::new("sweep_method_setups", secs(5), |app, now| Box::pin(payment_methods::sweep_setups(app, now)))
            .due(|app| Box::pin(CHECKS.next_due(app))),
        Job::new("sweep_payments", secs(30), |app, now| Box::pin(sweep_payments::run(app, now)))
            .due(|app| Box::pin(sweep_payments::next_due(app))),
        Job::new("hand_over_movements", secs(3_600), |app, now| Box::pin(statements::run(app, now))),
    ]
}
