//! What every service is made of: configuration, HTTP server, identity, idempotency, paging, jobs, health.
//!
//! A service is a [`Service`] value that names its routes, consumers and jobs; [`run`] serves one as a process and
//! `roomtone` serves all of them in one.

pub mod config;
mod context;
pub mod deadline;
pub mod extract;
mod health;
mod idempotency;
pub mod identity;
mod jobs;
mod methods;
pub mod openapi;
mod paging;
pub mod peers;
mod platform;
mod process;
mod requests;
pub mod sandbox_clock;
mod schema;
mod scrape;
mod server;
mod service;
mod time_zones;
mod unread;
mod whence;

pub use config::{Environment, Source};
pub use context::Context;
pub use extract::{Json, Path, Query};
pub use idempotency::{Claim, IdempotencyError, IdempotencyKey, Idempotent, Scope, StoredAnswer};
pub use identity::{Allowed, Caller, CompanyManager, CompanyOwner, CompanyStaff, PlatformAdmin};
pub use jobs::Job;
pub use paging::{Cursor, Page, PageQuery};
pub use peers::Peers;
pub use platform::Platform;
pub use process::{bus, migrate, rabbitmq_config, run, serve, shutdown_signal};
pub use requests::RouteName;
pub use service::{AnyService, Running, Service, ready_with_database};
pub use time_zones::tz_version;
pub use whence::Whence;

/// The tables of this crate.
pub const MIGRATIONS: diesel_migrations::EmbeddedMigrations = diesel_migrations::embed_migrations!("migrations");
