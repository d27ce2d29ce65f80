//! Rows of payouts.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::ToDiesel;
use serde_json::Value;
use store::{Conn, Error};

use super::items::Status;
use crate::{
    payments::{Provider, movements::list_moved},
    schema::paypal_payouts as payouts,
};

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = payouts, primary_key(batch_id), treat_none_as_null = true)]
pub struct PayoutRow {
    pub batch_id: String,
    pub item_id: String,
    pub transaction_id: String,
    pub sender_batch_id: String,
    pub sender_item_id: Option<String>,
    pub header: Value,
    pub item: Value,
    pub receiver: String,
    pub amount: i64,
    pub fee: i64,
    pub currency: String,
    pub status: String,
    #[diesel(serialize_as = jiff_diesel::NullableTimestamp, deserialize_as = jiff_diesel::NullableTimestamp)]
    pub due_at: Option<Timestamp>,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
    #[diesel(serialize_as = jiff_diesel::NullableTimestamp, deserialize_as = jiff_diesel::NullableTimestamp)]
    pub sent_at: Option<Timestamp>,
    #[diesel(serialize_as = jiff_diesel::NullableTimestamp, deserialize_as = jiff_diesel::NullableTimestamp)]
    pub returned_at: Option<Timestamp>,
}

impl PayoutRow {
    pub fn status(&self) -> Status {
        Status::by_name(&self.status)
    }
}

/// Until the end of the transaction.
pub async fn lock(conn: &mut Conn) -> Result<(), Error> {
    diesel::sql_query("SELECT pg_advisory_xact_lock(hashtext('paypal payouts'))").execute(conn).await?;
    Ok(())
}

#[derive(QueryableByName)]
struct Amount {
    #[diesel(sql_type = BigInt)]
    amount: i64,
}

/// What the platform has at PayPal, less what is about to leave.
pub async fn free_balance(conn: &mut Conn, currency: &str, now: Timestamp) -> Result<i64, Error> {
    let until_now = (Timestamp::UNIX_EPOCH, now + SignedDuration::from_secs(1));
    let moved = list_moved(conn, Provider::Paypal, until_now).await?;
    let balance: i64 = moved.iter().filter(|row| row.currency == currency).map(|row| row.amount).sum();
    let pending: Amount = diesel::sql_query(
        "SELECT coalesce(sum(amount + fee), 0)::bigint AS amount FROM paypal_payouts \
         WHERE status = 'PENDING' AND currency = $1",
    )
    .bind::<Text, _>(currency)
    .get_result(conn)
    .await?;
    Ok(balance - pending.amount)
}

pub async fn insert_payout(conn: &mut Conn, row: PayoutRow) -> Result<(), Error> {
    diesel::insert_into(payouts::table).values(row).execute(conn).await?;
    Ok(())
}

pub async fn save_payout(conn: &mut Conn, row: PayoutRow) -> Result<(), Error> {
    diesel::update(payouts::table.find(row.batch_id.clone())).set(row).execute(conn).await?;
    Ok(())
}

/// The batch of that `sender_batch_id` that was made since.
pub async fn find_sent_as(
    conn: &mut Conn,
    sender_batch_id: &str,
    since: Timestamp,
) -> Result<Option<PayoutRow>, Error> {
    let row = payouts::table
        .filter(payouts::sender_batch_id.eq(sender_batch_id))
        .filter(payouts::created_at.gt(since.to_diesel()))
        .select(PayoutRow::as_select())
        .first(conn)
        .await;
    Ok(row.optional()?)
}

pub async fn find_batch(conn: &mut Conn, batch_id: &str) -> Result<Option<PayoutRow>, Error> {
    let row = payouts::table.find(batch_id).select(PayoutRow::as_select()).first(conn).await;
    Ok(row.optional()?)
}

pub async fn find_item(conn: &mut Conn, item_id: &str) -> Result<Option<PayoutRow>, Error> {
    let item = payouts::table.filter(payouts::item_id.eq(item_id)).select(PayoutRow::as_select());
    Ok(item.first(conn).await.optional()?)
}

pub async fn lock_by_item(conn: &mut Conn, item_id: &str) -> Result<Option<PayoutRow>, Error> {
    let item = payouts::table.filter(payouts::item_id.eq(item_id)).select(PayoutRow::as_select());
    Ok(item.for_update().first(conn).await.optional()?)
}

/// By the id of the batch, or the sender's id of its item, the newest.
pub async fn lock_payout(conn: &mut Conn, id: &str) -> Result<Option<PayoutRow>, Error> {
    let row = payouts::table
        .filter(payouts::batch_id.eq(id).or(payouts::sender_item_id.eq(id)))
        .order(payouts::created_at.desc())
        .select(PayoutRow::as_select())
        .for_update()
        .first(conn)
        .await;
    Ok(row.optional()?)
}

pub async fn due_ids(conn: &mut Conn, now: Timestamp) -> Result<Vec<String>, Error> {
    let due = payouts::table.filter(payouts::due_at.le(now.to_diesel()));
    Ok(due.order(payouts::due_at).select(payouts::batch_id).load(conn).await?)
}

pub async fn next_due(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    let earliest: jiff_diesel::NullableTimestamp =
        payouts::table.select(diesel::dsl::min(payouts::due_at)).first(conn).await?;
    Ok(earliest.to_jiff())
}
