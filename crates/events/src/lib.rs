//! Domain events from one service's database to another's, at least once, with exactly one effect.
//!
//! A command writes its events to the [`outbox`] in its own transaction; the relay publishes them on a [`Bus`]; a
//! consumer records each event in its inbox in the transaction of its effect. A lost connection delays an event and
//! never loses it; a repeated delivery finds its id in the inbox and does nothing.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

mod bus;
mod consumer;
mod delivery;
mod envelope;
pub mod outbox;
mod schema;

pub use bus::{Bus, ListenEvent, Listener, PublishOutcome, Subscriber};
pub use consumer::{Consumers, Delivery, HandlerError};
pub use delivery::{ConsumerGroup, Disposition, RetryPolicy};
pub use envelope::Envelope;

/// The tables of this crate, for the database of every service that publishes or consumes.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");
