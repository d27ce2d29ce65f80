//! The entries of one account.

use diesel::{BoolExpressionMethods, ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, Queryable};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::Timestamp as DieselTimestamp;
use kernel::{AccountId, Currency, TransferId};
use store::{Conn, Error};

use super::{Owner, history::last_number};
use crate::schema::{accounts, entries, transfers};

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

/// Entries by number: those after the first and up to the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub after: i64,
    pub through: i64,
}

/// The entries that were recorded from one instant on and before another.
pub async fn span(
    conn: &mut Conn,
    account_id: AccountId,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
) -> Result<Span, Error> {
    let after = match from {
        Some(from) => last_before(conn, account_id, from).await?,
        None => 0,
    };
    let through = match to {
        Some(to) => last_before(conn, account_id, to).await?,
        None => i64::MAX,
    };
    Ok(Span { after, through })
}

/// Instants have microseconds: before one of them is at the one before it or earlier.
async fn last_before(conn: &mut Conn, account_id: AccountId, instant: Timestamp) -> Result<i64, Error> {
    let before = Timestamp::from_microsecond(instant.as_microsecond() - 1).unwrap_or(Timestamp::MIN);
    last_number(conn, account_id, before).await
}

/// Newest first.
pub async fn list_statement(
    conn: &mut Conn,
    account_id: AccountId,
    span: Span,
    before_number: Option<i64>,
    limit: i64,
) -> Result<Vec<StatementRow>, Error> {
    Ok(entries::table
        .inner_join(transfers::table.on(transfers::id.eq(entries::transfer_id)))
        .filter(entries::account_id.eq(account_id))
        .filter(entries::number.gt(span.after))
        .filter(entries::number.le(span.through))
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

/// The balance that an account had after the entry of a number; before the first entry it was zero.
pub async fn balance_after(conn: &mut Conn, account_id: AccountId, number: i64) -> Result<i64, Error> {
    let balance =
        entries::table.find((account_id, number)).select(entries::balance_after).first(conn).await.optional()?;
    Ok(balance.unwrap_or(0))
}

/// An entry among those of several accounts.
#[derive(Debug)]
pub struct OwnersEntry {
    pub account_id: AccountId,
    /// The account's code.
    pub account: String,
    pub row: StatementRow,
}

/// The entries of every account of a company or a person, account by account, oldest first, after a place in that order.
pub async fn list_entries_of(
    conn: &mut Conn,
    owner: Owner,
    after: Option<(AccountId, i64)>,
    limit: i64,
) -> Result<Vec<OwnersEntry>, Error> {
    let mut query = entries::table
        .inner_join(transfers::table.on(transfers::id.eq(entries::transfer_id)))
        .inner_join(accounts::table.on(accounts::id.eq(entries::account_id)))
        .filter(accounts::owner_type.eq(owner.type_name()))
        .filter(accounts::owner_id.eq(owner.uuid()))
        .order((entries::account_id, entries::number))
        .limit(limit)
        .select((
            (accounts::id, accounts::code),
            (
                entries::number,
                entries::transfer_id,
                transfers::kind,
                transfers::source,
                entries::currency,
                entries::amount,
                entries::balance_after,
                transfers::effective_at,
                entries::recorded_at,
            ),
        ))
        .into_boxed();
    if let Some((account_id, number)) = after {
        let in_this = entries::account_id.eq(account_id).and(entries::number.gt(number));
        query = query.filter(entries::account_id.gt(account_id).or(in_this));
    }
    let rows: Vec<((AccountId, String), StatementRow)> = query.load(conn).await?;
    Ok(rows.into_iter().map(|((account_id, account), row)| OwnersEntry { account_id, account, row }).collect())
}
