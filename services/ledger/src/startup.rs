//! Builds the running ledger.

use kernel::{Percent, SharedClock};
use service_kit::Context;
use store::Db;

use crate::{
    config::LedgerConfig,
    transfers::{Books, Poster},
};

/// What handlers and consumers share.
pub struct App {
    pub db: Db,
    pub clock: SharedClock,
    /// Posts in the transactions of others: the consumers, each with its inbox row.
    pub books: Books,
    /// Posts in transactions of its own, many callers in one.
    pub poster: Poster,
    pub commission: Percent,
}

pub async fn build(context: &Context) -> anyhow::Result<App> {
    let config = LedgerConfig::load(&context.source)?;
    let db = context.database()?;
    let books = Books::new(context.clock.clone());
    Ok(App {
        poster: Poster::start(db.clone(), books.clone()),
        db,
        clock: context.clock.clone(),
        books,
        commission: config.commission,
    })
}
