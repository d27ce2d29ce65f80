//! The public door of the platform: it knows where every path leads, who is asking, and lets nothing in that a client
//! could forge.
//!
//! It keeps no data. What it knows of people it has from auth and forgets when auth says so.

mod client_address;
mod config;
mod console;
mod edge;
mod hosts;
mod identity;
mod limiting;
mod openapi;
mod own_pages;
mod platform_health;
mod proxy;
mod routes;
mod startup;

use events::Consumers;
use service_kit::Service;

pub use startup::App;

/// The gateway as a value.
pub fn service() -> Service<App> {
    Service {
        name: "gateway",
        migrations: None,
        routes: routes::routes,
        // It hears events through `Bus::listen`: see `identity::listener`.
        consumers: Consumers::new,
        jobs: Vec::new,
        build: |context| Box::pin(startup::build(context)),
        ready: |app| Box::pin(startup::ready(app)),
    }
}
