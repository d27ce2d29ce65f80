//! The entries of one account.

use diesel::{ExpressionMethods, JoinOnDsl, QueryDsl, Queryable};
use diesel_async::RunQueryDsl;
use jiff_diesel::Timestamp as DieselTimestamp;
use kernel::{AccountId, Currency, TransferId};
use store::{Conn, Error};

use crate::schema::{entries, transfers};

#[derive(Debug, Queryable)]
pub struct StatementRow {
    pub number: i64,
    pub transfer_id: TransferId,
    pub kind: String,
    pub source: String,
    pub currency: Currency,
    pub amount: i64,
    pub balance_after: i64,
    pub effective_at: DieselTimestamp,
    pub recorded_at: DieselTimestamp,
}

/// Newest first.
pub async fn list_statement(
    conn: &mut Conn,
    account_id: AccountId,
    before_number: Option<i64>,
    limit: i64,
) -> Result<Vec<StatementRow>, Error> {
    Ok(entries::table
        .inner_join(transfers::table.on(transfers::id.eq(entries::transfer_id)))
        .filter(entries::account_id.eq(account_id))
        .filter(entries::number.lt(before_number.unwrap_or(i64::MAX)))
        .order(entries::number.desc())
        .limit(limit)
        .select((
            entries::number,
            entries::transfer_id,
            transfers::kind,
            transfers::source,
            entries::currency,
            entries::amount,
            entries::balance_after,
            transfers::effective_at,
            entries::recorded_at,
        ))
        .load(conn)
        .await?)
}
