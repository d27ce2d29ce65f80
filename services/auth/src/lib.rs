//! Identity: people, their sessions and tokens, companies and who works for them.
//!
//! Auth is the only service that knows passwords and the only one that signs tokens. Everyone else verifies against
//! its public keys and hears of changes by its events.

pub mod admin;
mod audit;
mod columns;
mod companies;
mod config;
mod email_changes;
mod jobs;
pub mod keys;
mod login;
mod mfa;
mod one_time_tokens;
mod passkeys;
mod passwords;
mod registration;
mod routes;
mod schema;
mod secrets;
mod sessions;
mod startup;
mod tokens;
mod users;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use events::Consumers;
use service_kit::Service;

pub use startup::App;

/// The tables of this service.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// The whole service at a glance.
pub fn service() -> Service<App> {
    Service {
        name: "auth",
        migrations: Some(|| MIGRATIONS),
        routes: routes::configure,
        consumers: Consumers::new,
        jobs: || vec![jobs::clean_up::job(), jobs::reload_keys::job()],
        build: |context| Box::pin(startup::build(context)),
        ready: |app| Box::pin(startup::ready(app)),
    }
}
