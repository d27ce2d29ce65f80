//! Builds the running ledger.

use commission::Rate;
use diesel::{QueryableByName, sql_types::Bool};
use diesel_async::RunQueryDsl;
use documents::Printer;
use kernel::SharedClock;
use service_kit::Context;
use store::Db;

use crate::{
    config::LedgerConfig,
    hourly::Hourly,
    seals::Sealer,
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
    pub sealer: Sealer,
    pub reconciliations: Hourly,
    pub receivables: Hourly,
    /// Where an event does not say.
    pub commission: Rate,
    pub printer: Printer,
}

/// Documents printed at once: each keeps a core busy.
const PRINTED_AT_ONCE: usize = 2;

pub async fn build(context: &Context) -> anyhow::Result<App> {
    let config = LedgerConfig::load(&context.source)?;
    let db = context.database()?;
    let books = Books::new(context.clock.clone());
    Ok(App {
        poster: Poster::start(db.clone(), books.clone()),
        db,
        clock: context.clock.clone(),
        books,
        sealer: Sealer::default(),
        reconciliations: Hourly::default(),
        receivables: Hourly::default(),
        commission: config.commission,
        printer: Printer::new(PRINTED_AT_ONCE),
    })
}

/// Not ready where the service could change what it has written: then it connects as the owner of its tables.
pub async fn ready(app: &App) -> anyhow::Result<()> {
    let mut conn = app.db.conn().await?;
    let privileges: Privileges = diesel::sql_query(
        "SELECT bool_or(has_table_privilege(book, privilege)) AS too_many
         FROM unnest(ARRAY['transfers', 'entries', 'hold_legs', 'closed_periods']) book,
              unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE']) privilege",
    )
    .get_result(&mut conn)
    .await?;
    anyhow::ensure!(!privileges.too_many, "the ledger connects as a role that may change the book");
    Ok(())
}

#[derive(QueryableByName)]
struct Privileges {
    #[diesel(sql_type = Bool)]
    too_many: bool,
}
