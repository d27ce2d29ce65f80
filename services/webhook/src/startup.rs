//! Builds the running service.

use kernel::SharedClock;
use providers::Providers;
use service_kit::Context;
use store::Db;

use crate::config;

/// What handlers share.
pub struct App {
    pub db: Db,
    pub clock: SharedClock,
    pub providers: Providers,
}

pub async fn build(context: &Context) -> anyhow::Result<App> {
    Ok(App { db: context.database()?, clock: context.clock.clone(), providers: config::providers(&context.source)? })
}
