//! Tells people what happened: mails to customers and companies, each event once.
//!
//! A consumer writes down which mail is due, in the transaction of the event's inbox row; the dispatch job finds out
//! whom it goes to, writes the letter and hands it over, and tries again until somebody has taken it.

mod bookings;
mod companies;
mod config;
mod consumers;
mod contacts;
mod jobs;
mod letters;
mod mails;
mod routes;
mod schema;
mod startup;

use std::time::Duration;

use service_kit::{Job, Service, ready_with_database};

pub use startup::App;

const MIGRATIONS: diesel_migrations::EmbeddedMigrations = diesel_migrations::embed_migrations!("migrations");

/// Messaging as a value.
pub fn service() -> Service<App> {
    Service {
        name: "messaging",
        migrations: Some(|| MIGRATIONS),
        routes: routes::routes,
        consumers: consumers::consumers,
        jobs,
        build: |context| Box::pin(startup::build(context)),
        ready: ready_with_database,
    }
}

fn jobs() -> Vec<Job<App>> {
    vec![
        // A mail is due as soon as it is written down; only failures wait, and they wait by real time.
        Job::new("dispatch_mails", Duration::from_secs(2), |app, now| Box::pin(jobs::dispatch_mails::run(app, now))),
    ]
}
