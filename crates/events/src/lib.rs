//! Domain events from one service's database to another's, at least once, with exactly one effect.
//!
//! A command writes its events to the [`outbox`] in its own transaction; the relay publishes them on a [`Bus`]; a
//! consumer records each event in its inbox in the transaction of its effect. A lost connection delays an event and
//! never loses it; a repeated delivery finds its id in the inbox and does nothing.

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

mod bus;
mod consumer;
mod delivery;
mod effects;
mod envelope;
mod inbox;
mod lanes;
mod memory;
pub mod outbox;
pub mod parked;
pub mod rabbitmq;
mod relay;
pub mod retention;
mod runtime;
mod schema;

pub use bus::{Bus, ListenEvent, Listener, PublishOutcome, Settlement, Subscriber};
pub use consumer::{Consumers, Delivery, HandlerError};
pub use delivery::{ConsumerGroup, Disposition, RetryPolicy};
pub use effects::{Effects, EffectsListener};
pub use envelope::Envelope;
pub use memory::MemoryBus;
pub use rabbitmq::{ConsumerTopology, RabbitMqBus, RabbitMqConfig, declare, definitions, probe_retry_queues};
pub use relay::{Relay, run_relay_once};
pub use runtime::{EventsRuntime, deliver_unpublished};

/// The tables of this crate, for the database of every service that publishes or consumes.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");
