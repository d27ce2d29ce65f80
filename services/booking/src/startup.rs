//! Builds the real application, for the process, for `roomtone` and for the tests.

use kernel::SharedClock;
use service_kit::{Context, Peers};
use storage::{Storage, images::ImagePipeline};
use store::Db;

use crate::config::Config;

/// What handlers, consumers and jobs share.
pub struct App {
    pub db: Db,
    pub clock: SharedClock,
    pub peers: Peers,
    pub storage: Storage,
    pub images: ImagePipeline,
    pub config: Config,
}

pub fn build(context: &Context) -> anyhow::Result<App> {
    let config = Config::read(context)?;
    Ok(App {
        db: context.database()?,
        clock: context.clock.clone(),
        peers: context.peers.clone(),
        storage: Storage::from_source(&context.source)?,
        images: ImagePipeline::new(config.image_workers),
        config,
    })
}
