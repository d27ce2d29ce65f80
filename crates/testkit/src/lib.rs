//! A real service in a test: its own database, a clock that moves on command, callers with signed identities, events
//! in and out, and the other services played by a server of canned answers.
//!
//! Servers come from `ROOMTONE_TEST_DATABASE_URL`, `ROOMTONE_TEST_AMQP_URL` and `ROOMTONE_TEST_REDIS_URL`, which
//! `./dev test` sets.
#![expect(clippy::expect_used, reason = "a test that cannot be set up has to fail loudly")]

mod authenticator;
mod callers;
mod database;
mod http;
mod pdf;
mod peers;
mod ports;
mod service;
mod wait;

pub use authenticator::{Authenticator, ORIGIN};
pub use callers::{CallerToken, TestKeys};
pub use database::{TestDatabase, amqp_url, redis_url, server_url};
pub use http::{TestRequest, TestResponse, client};
pub use pdf::pdf_pages;
pub use peers::FakePeers;
pub use ports::free_address;
pub use service::{TestService, TestServiceBuilder, envelope};
pub use wait::{budget, eventually, eventually_within};
