//! Builds messaging.

use std::sync::Arc;

use mail::Mailer;
use service_kit::{Context, Peers};
use store::Db;

use crate::config::MessagingConfig;

/// What messaging's consumers and jobs share.
pub struct App {
    pub db: Db,
    pub peers: Peers,
    pub mailer: Arc<dyn Mailer>,
    pub config: MessagingConfig,
}

pub async fn build(context: &Context) -> anyhow::Result<App> {
    Ok(App {
        db: context.database()?,
        peers: context.peers.clone(),
        mailer: MessagingConfig::mailer(&context.source, &context.peers.url("sandbox"))?,
        config: MessagingConfig::load(&context.source)?,
    })
}
