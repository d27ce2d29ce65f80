//! What customers have disputed.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use store::{Conn, Error};

use super::ChargeRow;
use crate::{
    payments::Provider,
    schema::{charges, disputes, intents, sessions},
};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = disputes)]
pub struct DisputeRow {
    pub id: String,
    pub charge_id: String,
    pub status: String,
    pub amount: i64,
    pub currency: String,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub due_by: Timestamp,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
    #[diesel(serialize_as = jiff_diesel::NullableTimestamp, deserialize_as = jiff_diesel::NullableTimestamp)]
    pub decided_at: Option<Timestamp>,
}

/// A provider's disputes, the newest first: 100 at most.
pub async fn disputes_at(conn: &mut Conn, provider: Provider) -> Result<Vec<(DisputeRow, ChargeRow)>, Error> {
    let rows = disputes::table
        .inner_join(charges::table.on(charges::id.eq(disputes::charge_id)))
        .inner_join(intents::table.on(intents::id.eq(charges::intent_id)))
        .inner_join(sessions::table.on(sessions::id.eq(intents::session_id)))
        .filter(sessions::provider.eq(provider.as_str()))
        .order(disputes::created_at.desc())
        .limit(100)
        .select((DisputeRow::as_select(), ChargeRow::as_select()))
        .load(conn)
        .await?;
    Ok(rows)
}

pub async fn find_dispute(conn: &mut Conn, id: &str) -> Result<Option<DisputeRow>, Error> {
    let row = disputes::table.find(id).select(DisputeRow::as_select()).first(conn).await;
    Ok(row.optional()?)
}

pub async fn insert_dispute(conn: &mut Conn, row: DisputeRow) -> Result<(), Error> {
    diesel::insert_into(disputes::table).values(row).execute(conn).await?;
    Ok(())
}

/// By its own id, or the platform's payment's.
pub async fn lock_dispute(conn: &mut Conn, id: &str) -> Result<Option<DisputeRow>, Error> {
    let of_payment = charges::table
        .inner_join(intents::table)
        .inner_join(sessions::table.on(sessions::id.eq(intents::session_id)))
        .filter(sessions::client_reference_id.eq(id))
        .select(charges::id);
    let row = disputes::table
        .filter(disputes::id.eq(id).or(disputes::charge_id.eq_any(of_payment)))
        .select(DisputeRow::as_select())
        .for_update()
        .first(conn)
        .await;
    Ok(row.optional()?)
}

pub async fn decide_dispute(conn: &mut Conn, id: &str, status: &str, now: Timestamp) -> Result<(), Error> {
    diesel::update(disputes::table.find(id))
        .set((disputes::status.eq(status), disputes::decided_at.eq(now.to_diesel())))
        .execute(conn)
        .await?;
    Ok(())
}
