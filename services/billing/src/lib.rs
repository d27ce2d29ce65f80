//! Billing: what can be paid, payments at the providers, refunds, receipts, and payouts to companies.
//!
//! A payment is an intent first: it is recorded, the provider is called under an idempotency key made of its id, and
//! what the provider says, by its answer, a webhook or when asked, goes through one state machine
//! (`payments::model`). Refunds go the same way, and so does money that is held first and taken later. Nothing here decides what a booking becomes; booking hears
//! `PaymentSucceeded` and tells what it did with the money.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use service_kit::{Service, ready_with_database};

mod actions;
mod authorizations;
mod commission_terms;
mod config;
mod connections;
mod consumers;
mod dashboard;
mod disputes;
mod early_events;
mod jobs;
mod payables;
mod payees;
mod payment_methods;
mod payment_settings;
mod payments;
mod payout_accounts;
mod payout_receivers;
mod payout_schedules;
mod payouts;
mod personal_data;
mod questions;
mod receipts;
mod refunds;
mod rotation;
mod routes;
mod schema;
mod sessions;
mod startup;
mod statements;
mod stored;
mod transactions;
mod viewer;
mod worklist;

pub use config::token_vault;
pub use rotation::rewrap_tokens;
pub use startup::App;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

pub fn service() -> Service<App> {
    Service {
        name: "billing",
        migrations: Some(|| MIGRATIONS),
        routes: routes::routes,
        consumers: consumers::consumers,
        jobs: jobs::jobs,
        build: |context| Box::pin(startup::build(context)),
        ready: ready_with_database,
    }
}
