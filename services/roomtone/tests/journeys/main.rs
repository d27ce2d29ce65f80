//! The platform through its one door, as the people who use it see it: in one process on the memory bus, in one
//! process on RabbitMQ, and as separate processes.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod support;

mod access;
mod bad_input;
mod booking;
mod chaos;
mod commission;
mod concurrency;
mod connections;
mod debits;
mod desk_and_moves;
mod elements;
mod expiry;
mod faults;
mod hosted_page;
mod identity;
mod idle;
mod keys_and_doors;
mod kills;
mod outages;
mod payouts;
mod providers;
mod readme;
mod replay;
mod returned_refunds;
mod saved_cards;
mod settlements;
mod shutdown;
mod traces;
mod verify;
mod webhooks;
