//! What the tests of this crate share.

mod consumer;
mod database;
mod proxy;
mod rig;

use std::time::Duration;

pub use consumer::{Behaviour, Probe, refuse};
pub use database::{TestDatabase, change, held};
pub use proxy::Proxy;
pub use rig::{BusKind, Rig};

/// Waits until the condition holds; fails the test when it does not in time.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while !holds().await {
        assert!(tokio::time::Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A server that the tests need, by its environment variable.
pub fn server(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: eval \"$(./dev servers up)\""))
}
