//! Identity: people, their sessions and tokens, companies and who works for them.
//!
//! Auth is the only service that knows passwords and the only one that signs tokens. Everyone else verifies against
//! its public keys and hears of changes by its events. It keeps the trail of what people did that mattered.

mod actor;
pub mod admin;
mod api_keys;
mod audit;
mod columns;
mod companies;
mod config;
mod consumers;
mod data_exports;
mod email_changes;
mod erasure;
mod intake;
mod invitations;
mod jobs;
pub mod keys;
mod login;
mod members;
mod mfa;
mod one_time_tokens;
mod passkeys;
mod passwords;
mod photos;
mod registration;
mod routes;
mod schema;
mod secrets;
mod sessions;
mod startup;
mod tokens;
mod users;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use service_kit::{Job, Service};

pub use startup::App;

/// The tables of this service.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// The whole service at a glance.
pub fn service() -> Service<App> {
    Service {
        name: "auth",
        migrations: Some(|| MIGRATIONS),
        routes: routes::configure,
        consumers: consumers::consumers,
        jobs,
        build: |context| Box::pin(startup::build(context)),
        ready: |app| Box::pin(startup::ready(app)),
    }
}

/// What it does by itself.
fn jobs() -> Vec<Job<App>> {
    vec![
        jobs::decide_requests::job(),
        jobs::clean_up::job(),
        jobs::reload_keys::job(),
        jobs::build_exports::job(),
        jobs::sweep_files::job(),
    ]
}
