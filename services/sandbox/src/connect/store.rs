//! Rows of accounts, onboarding pages, transfers and payouts.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use serde_json::Value;
use store::{Conn, Error};

use crate::{
    payments::settlements::settled_balance,
    schema::{connect_accounts, connect_links, connect_payouts, connect_transfers},
};

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = connect_accounts, treat_none_as_null = true)]
pub struct AccountRow {
    pub id: String,
    pub country: String,
    pub currency: String,
    pub email: Option<String>,
    pub company_name: Option<String>,
    pub metadata: Value,
    pub details_submitted: bool,
    pub disabled_reason: Option<String>,
    pub bank: Option<String>,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
    pub payout_schedule: String,
}

impl AccountRow {
    pub fn is_enabled(&self) -> bool {
        self.details_submitted && self.disabled_reason.is_none()
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = connect_links)]
pub struct LinkRow {
    pub token: String,
    pub account_id: String,
    pub return_url: String,
    pub refresh_url: String,
    #[diesel(serialize_as = jiff_diesel::NullableTimestamp, deserialize_as = jiff_diesel::NullableTimestamp)]
    pub used_at: Option<Timestamp>,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub expires_at: Timestamp,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = connect_transfers)]
pub struct TransferRow {
    pub id: String,
    pub account_id: String,
    pub amount: i64,
    pub currency: String,
    pub transfer_group: Option<String>,
    pub metadata: Value,
    pub reversal_id: Option<String>,
    #[diesel(serialize_as = jiff_diesel::NullableTimestamp, deserialize_as = jiff_diesel::NullableTimestamp)]
    pub reversed_at: Option<Timestamp>,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = connect_payouts)]
pub struct PayoutRow {
    pub id: String,
    pub account_id: String,
    pub amount: i64,
    pub currency: String,
    pub status: String,
    pub failure_code: Option<String>,
    pub metadata: Value,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub arrives_at: Timestamp,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
}

pub async fn insert_account(conn: &mut Conn, row: AccountRow) -> Result<(), Error> {
    diesel::insert_into(connect_accounts::table).values(row).execute(conn).await?;
    Ok(())
}

pub async fn find_account(conn: &mut Conn, id: &str) -> Result<Option<AccountRow>, Error> {
    let row = connect_accounts::table.find(id).select(AccountRow::as_select()).first(conn).await;
    Ok(row.optional()?)
}

/// Whoever changes what lies on an account waits here for the others.
pub async fn lock_account(conn: &mut Conn, id: &str) -> Result<Option<AccountRow>, Error> {
    let row = connect_accounts::table.find(id).select(AccountRow::as_select()).for_update().first(conn).await;
    Ok(row.optional()?)
}

/// The account of that id, or the newest one of the platform's company of that id.
pub async fn account_id_of(conn: &mut Conn, id: &str) -> Result<Option<String>, Error> {
    let by_company = connect_accounts::metadata.retrieve_as_text("company_id").eq(id);
    let found = connect_accounts::table
        .filter(connect_accounts::id.eq(id).or(by_company))
        .order(connect_accounts::created_at.desc())
        .select(connect_accounts::id)
        .first(conn)
        .await;
    Ok(found.optional()?)
}

pub async fn save_account(conn: &mut Conn, row: AccountRow) -> Result<(), Error> {
    diesel::update(connect_accounts::table.find(row.id.clone())).set(row).execute(conn).await?;
    Ok(())
}

pub async fn insert_link(conn: &mut Conn, row: LinkRow) -> Result<(), Error> {
    diesel::insert_into(connect_links::table).values(row).execute(conn).await?;
    Ok(())
}

pub async fn lock_link(conn: &mut Conn, token: &str) -> Result<Option<LinkRow>, Error> {
    let row = connect_links::table.find(token).select(LinkRow::as_select()).for_update().first(conn).await;
    Ok(row.optional()?)
}

pub async fn use_link(conn: &mut Conn, token: &str, now: Timestamp) -> Result<(), Error> {
    let used = connect_links::used_at.eq(now.to_diesel());
    diesel::update(connect_links::table.find(token)).set(used).execute(conn).await?;
    Ok(())
}

pub async fn insert_transfer(conn: &mut Conn, row: TransferRow) -> Result<(), Error> {
    diesel::insert_into(connect_transfers::table).values(row).execute(conn).await?;
    Ok(())
}

pub async fn find_transfer(conn: &mut Conn, id: &str) -> Result<Option<TransferRow>, Error> {
    let row = connect_transfers::table.find(id).select(TransferRow::as_select()).first(conn).await;
    Ok(row.optional()?)
}

pub async fn save_reversal(conn: &mut Conn, id: &str, reversal_id: &str, now: Timestamp) -> Result<(), Error> {
    let reversed = (connect_transfers::reversal_id.eq(reversal_id), connect_transfers::reversed_at.eq(now.to_diesel()));
    diesel::update(connect_transfers::table.find(id)).set(reversed).execute(conn).await?;
    Ok(())
}

/// Newest first.
pub async fn list_transfers(
    conn: &mut Conn,
    (group, account_id): (Option<&str>, Option<&str>),
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<TransferRow>, Error> {
    let mut query = connect_transfers::table
        .select(TransferRow::as_select())
        .order(connect_transfers::seq.desc())
        .limit(limit)
        .into_boxed();
    if let Some(group) = group {
        query = query.filter(connect_transfers::transfer_group.eq(group));
    }
    if let Some(account_id) = account_id {
        query = query.filter(connect_transfers::account_id.eq(account_id));
    }
    if let Some(after) = after {
        let seq = connect_transfers::table.find(after).select(connect_transfers::seq).first::<i64>(conn).await?;
        query = query.filter(connect_transfers::seq.lt(seq));
    }
    Ok(query.load(conn).await?)
}

pub async fn insert_payout(conn: &mut Conn, row: PayoutRow) -> Result<(), Error> {
    diesel::insert_into(connect_payouts::table).values(row).execute(conn).await?;
    Ok(())
}

/// A payout of that account.
pub async fn find_payout(conn: &mut Conn, account_id: &str, id: &str) -> Result<Option<PayoutRow>, Error> {
    let of_account = connect_payouts::table.find(id).filter(connect_payouts::account_id.eq(account_id));
    let row = of_account.select(PayoutRow::as_select()).first(conn).await;
    Ok(row.optional()?)
}

/// The payout of that id, or the newest one for the platform's payout of that id.
pub async fn lock_payout(conn: &mut Conn, id: &str) -> Result<Option<PayoutRow>, Error> {
    let by_ours = connect_payouts::metadata.retrieve_as_text("payout_id").eq(id);
    let row = connect_payouts::table
        .filter(connect_payouts::id.eq(id).or(by_ours))
        .order(connect_payouts::seq.desc())
        .select(PayoutRow::as_select())
        .for_update()
        .first(conn)
        .await;
    Ok(row.optional()?)
}

pub async fn save_payout(conn: &mut Conn, id: &str, status: &str, failure_code: Option<&str>) -> Result<(), Error> {
    let settled = (connect_payouts::status.eq(status), connect_payouts::failure_code.eq(failure_code));
    diesel::update(connect_payouts::table.find(id)).set(settled).execute(conn).await?;
    Ok(())
}

/// Newest first.
pub async fn list_payouts(
    conn: &mut Conn,
    account_id: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<PayoutRow>, Error> {
    let mut query = connect_payouts::table
        .filter(connect_payouts::account_id.eq(account_id))
        .select(PayoutRow::as_select())
        .order(connect_payouts::seq.desc())
        .limit(limit)
        .into_boxed();
    if let Some(after) = after {
        let seq = connect_payouts::table.find(after).select(connect_payouts::seq).first::<i64>(conn).await?;
        query = query.filter(connect_payouts::seq.lt(seq));
    }
    Ok(query.load(conn).await?)
}

pub async fn due_payout_ids(conn: &mut Conn, now: Timestamp) -> Result<Vec<String>, Error> {
    let under_way = connect_payouts::table.filter(connect_payouts::status.eq("in_transit"));
    let due = under_way.filter(connect_payouts::arrives_at.le(now.to_diesel()));
    Ok(due.order(connect_payouts::seq).select(connect_payouts::id).load(conn).await?)
}

pub async fn next_arrival(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    let under_way = connect_payouts::table.filter(connect_payouts::status.eq("in_transit"));
    let earliest: jiff_diesel::NullableTimestamp =
        under_way.select(diesel::dsl::min(connect_payouts::arrives_at)).first(conn).await?;
    Ok(earliest.to_jiff())
}

#[derive(QueryableByName)]
struct Amount {
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// What lies on an account in its currency: what came by transfers and by payments that settle with it, less what was taken back and what has gone to the bank.
pub async fn account_balance(conn: &mut Conn, account_id: &str) -> Result<i64, Error> {
    let balance: Amount = diesel::sql_query(
        "SELECT (coalesce((SELECT sum(amount) FROM connect_transfers WHERE account_id = $1 AND reversal_id IS NULL), 0) \
         - coalesce((SELECT sum(amount) FROM connect_payouts WHERE account_id = $1 AND status <> 'failed'), 0))::bigint \
         AS amount",
    )
    .bind::<Text, _>(account_id)
    .get_result(conn)
    .await?;
    Ok(balance.amount + settled_balance(conn, account_id).await?)
}

/// The transfer that was taken back under this id.
pub async fn find_reversed_transfer(conn: &mut Conn, reversal_id: &str) -> Result<Option<TransferRow>, Error> {
    let reversed = connect_transfers::table.filter(connect_transfers::reversal_id.eq(reversal_id));
    Ok(reversed.select(TransferRow::as_select()).first(conn).await.optional()?)
}
