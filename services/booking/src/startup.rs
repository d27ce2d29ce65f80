//! Builds the real application, for the process, for `roomtone` and for the tests.

use kernel::SharedClock;
use service_kit::{Context, Peers};
use store::Db;

use crate::config::Config;

/// What handlers, consumers and jobs share.
pub struct App {
    pub db: Db,
    pub clock: SharedClock,
    pub peers: Peers,
    pub config: Config,
}

pub fn build(context: &Context) -> anyhow::Result<App> {
    Ok(App {
        db: context.database()?,
        clock: context.clock.clone(),
        peers: context.peers.clone(),
        config: Config::read(context)?,
    })
}
