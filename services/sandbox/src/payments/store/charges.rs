//! Attempts at payments. They are covered by the lock on their intent.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use serde_json::Value;
use store::{Conn, Error};

use crate::schema::charges;

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = charges)]
pub struct ChargeRow {
    pub id: String,
    pub intent_id: String,
    pub status: String,
    pub amount: i64,
    pub amount_refunded: i64,
    pub currency: String,
    pub description: Option<String>,
    pub metadata: Value,
    pub card: String,
    pub authenticated: bool,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
    /// 0 while it is only held, and where it failed.
    pub amount_captured: i64,
    #[diesel(serialize_as = jiff_diesel::NullableTimestamp, deserialize_as = jiff_diesel::NullableTimestamp)]
    pub captured_at: Option<Timestamp>,
}

/// Every attempt at an intent that took money, oldest first.
pub async fn succeeded_charges(conn: &mut Conn, intent_id: &str) -> Result<Vec<ChargeRow>, Error> {
    let rows = charges::table
        .filter(charges::intent_id.eq(intent_id))
        .filter(charges::status.eq("succeeded"))
        .order(charges::seq)
        .select(ChargeRow::as_select())
        .load(conn)
        .await?;
    Ok(rows)
}

pub async fn insert_charge(conn: &mut Conn, row: ChargeRow) -> Result<(), Error> {
    diesel::insert_into(charges::table).values(row).execute(conn).await?;
    Ok(())
}

pub async fn find_charge(conn: &mut Conn, id: &str) -> Result<Option<ChargeRow>, Error> {
    let row = charges::table.find(id).select(ChargeRow::as_select()).first(conn).await;
    Ok(row.optional()?)
}

pub async fn save_charge_captured(conn: &mut Conn, id: &str, amount: i64, at: Timestamp) -> Result<(), Error> {
    diesel::update(charges::table.find(id))
        .set((charges::amount_captured.eq(amount), charges::captured_at.eq(at.to_diesel())))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn save_charge_refunded(conn: &mut Conn, id: &str, amount_refunded: i64) -> Result<(), Error> {
    diesel::update(charges::table.find(id)).set(charges::amount_refunded.eq(amount_refunded)).execute(conn).await?;
    Ok(())
}
