//! Provider events in: verified, stored as received, once, and published.
//!
//! Nothing is decided here. Whatever a provider signed is kept and passed on; order and repeats are the business of
//! those who act on it.

mod config;
mod received;
mod routes;
mod schema;
mod startup;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};
use events::Consumers;
use service_kit::{Service, ready_with_database};
pub use startup::App;

/// The service's own migrations.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Everything the webhook service is.
pub fn service() -> Service<App> {
    Service {
        name: "webhook",
        migrations: Some(|| MIGRATIONS),
        routes: routes::routes,
        consumers: Consumers::new,
        jobs: Vec::new,
        build: |context| Box::pin(startup::build(context)),
        ready: ready_with_database,
    }
}
