//! Transfers as they were posted, for people who look at them.

use std::collections::BTreeMap;

use diesel::{ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, Queryable, Selectable, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff_diesel::Timestamp as DieselTimestamp;
use kernel::{AccountId, Currency, EventId, TransferId};
use store::{Conn, Error};

use super::Leg;
use crate::{
    accounts::AccountKey,
    schema::{accounts, entries, transfers},
};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = transfers, check_for_backend(diesel::pg::Pg))]
pub struct TransferRow {
    pub id: TransferId,
    pub seq: i64,
    pub kind: String,
    pub source: String,
    pub source_event: Option<EventId>,
    pub effective_at: DieselTimestamp,
    pub recorded_at: DieselTimestamp,
    pub reverses: Option<TransferId>,
    pub phase: String,
    pub hold_id: Option<TransferId>,
    pub reason: Option<String>,
}

/// One entry with its account's code.
#[derive(Debug, Queryable)]
pub struct EntryRow {
    pub transfer_id: TransferId,
    pub account_id: AccountId,
    pub account_code: String,
    pub amount: i64,
    pub currency: Currency,
    pub balance_after: i64,
}

/// Newest first; all sources where none is given.
pub async fn list_transfers(
    conn: &mut Conn,
    source: Option<&str>,
    before_seq: Option<i64>,
    limit: i64,
) -> Result<Vec<TransferRow>, Error> {
    let mut query =
        transfers::table.order(transfers::seq.desc()).select(TransferRow::as_select()).limit(limit).into_boxed();
    if let Some(source) = source {
        query = query.filter(transfers::source.eq(source));
    }
    if let Some(before) = before_seq {
        query = query.filter(transfers::seq.lt(before));
    }
    Ok(query.load(conn).await?)
}

/// What was posted about any of some things, the newest first.
pub async fn transfers_about(conn: &mut Conn, sources: &[String], limit: i64) -> Result<Vec<TransferRow>, Error> {
    let query = transfers::table.filter(transfers::source.eq_any(sources)).order(transfers::seq.desc());
    Ok(query.select(TransferRow::as_select()).limit(limit).load(conn).await?)
}

pub async fn find_transfer(conn: &mut Conn, id: TransferId) -> Result<Option<TransferRow>, Error> {
    Ok(transfers::table.find(id).select(TransferRow::as_select()).first(conn).await.optional()?)
}

/// The transfer that closed a hold.
pub async fn hold_closed_by(conn: &mut Conn, hold_id: TransferId) -> Result<Option<TransferRow>, Error> {
    let query = transfers::table.filter(transfers::hold_id.eq(hold_id)).select(TransferRow::as_select());
    Ok(query.first(conn).await.optional()?)
}

/// The entries of some transfers, each transfer's in order.
pub async fn entries_of(conn: &mut Conn, ids: &[TransferId]) -> Result<BTreeMap<TransferId, Vec<EntryRow>>, Error> {
    let rows: Vec<EntryRow> = entries::table
        .inner_join(accounts::table.on(accounts::id.eq(entries::account_id)))
        .filter(entries::transfer_id.eq_any(ids))
        .order((entries::transfer_id, entries::position))
        .select((
            entries::transfer_id,
            entries::account_id,
            accounts::code,
            entries::amount,
            entries::currency,
            entries::balance_after,
        ))
        .load(conn)
        .await?;
    let mut by_transfer: BTreeMap<TransferId, Vec<EntryRow>> = BTreeMap::new();
    for row in rows {
        by_transfer.entry(row.transfer_id).or_default().push(row);
    }
    Ok(by_transfer)
}

/// What a posted transfer has moved; nothing where there is none of this id, or it has posted nothing.
pub async fn legs_of(conn: &mut Conn, id: TransferId) -> Result<Vec<Leg>, Error> {
    let rows: Vec<(String, Currency, i64)> = entries::table
        .inner_join(accounts::table.on(accounts::id.eq(entries::account_id)))
        .filter(entries::transfer_id.eq(id))
        .order(entries::position)
        .select((accounts::code, entries::currency, entries::amount))
        .load(conn)
        .await?;
    // Every code in the table was written by one of the chart.
    let leg = |(code, currency, amount): (String, Currency, i64)| {
        Some(Leg { account: AccountKey::new(code.parse().ok()?, currency), amount })
    };
    Ok(rows.into_iter().filter_map(leg).collect())
}
