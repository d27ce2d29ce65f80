//! Rows of sessions, intents, charges and refunds.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use serde_json::Value;
use store::{Conn, Error};

use super::Provider;
use crate::schema::{charges, disputes, intents, refunds, sessions};

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = sessions)]
pub struct SessionRow {
    pub id: String,
    pub status: String,
    pub client_reference_id: Option<String>,
    pub amount: i64,
    pub currency: String,
    pub description: String,
    pub customer_email: Option<String>,
    pub success_url: String,
    pub cancel_url: Option<String>,
    pub metadata: Value,
    pub intent_metadata: Value,
    pub intent_description: Option<String>,
    pub intent_id: Option<String>,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub expires_at: Timestamp,
    pub provider: String,
    pub link_id: Option<String>,
    pub detail: Value,
    pub webhook_plan: Option<Value>,
    #[diesel(serialize_as = jiff_diesel::NullableTimestamp, deserialize_as = jiff_diesel::NullableTimestamp)]
    pub changed_at: Option<Timestamp>,
}

impl SessionRow {
    pub fn provider(&self) -> Provider {
        Provider::by_name(&self.provider)
    }

    /// When it last became something else.
    pub fn updated_at(&self) -> Timestamp {
        self.changed_at.unwrap_or(self.created_at)
    }
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = intents, treat_none_as_null = true)]
pub struct IntentRow {
    pub id: String,
    pub session_id: String,
    pub status: String,
    pub amount: i64,
    pub amount_received: i64,
    pub currency: String,
    pub description: Option<String>,
    pub metadata: Value,
    pub latest_charge: Option<String>,
    pub pending_card: Option<String>,
    pub last_error: Option<Value>,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
}

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
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = refunds)]
pub struct RefundRow {
    pub id: String,
    pub intent_id: String,
    pub charge_id: String,
    pub status: String,
    pub amount: i64,
    pub currency: String,
    pub reason: Option<String>,
    pub metadata: Value,
    #[diesel(serialize_as = jiff_diesel::Timestamp, deserialize_as = jiff_diesel::Timestamp)]
    pub created_at: Timestamp,
}

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
}

pub async fn insert_session(conn: &mut Conn, row: SessionRow) -> Result<(), Error> {
    diesel::insert_into(sessions::table).values(row).execute(conn).await?;
    Ok(())
}

pub async fn find_session(conn: &mut Conn, id: &str) -> Result<Option<SessionRow>, Error> {
    let row = sessions::table.find(id).select(SessionRow::as_select()).first(conn).await;
    Ok(row.optional()?)
}

pub async fn lock_session(conn: &mut Conn, id: &str) -> Result<Option<SessionRow>, Error> {
    let row = sessions::table.find(id).select(SessionRow::as_select()).for_update().first(conn).await;
    Ok(row.optional()?)
}

/// The newest session that was opened for one of the platform's payments.
pub async fn newest_session_id(conn: &mut Conn, client_reference_id: &str) -> Result<Option<String>, Error> {
    let id = sessions::table
        .filter(sessions::client_reference_id.eq(client_reference_id))
        .order(sessions::seq.desc())
        .select(sessions::id)
        .first(conn)
        .await;
    Ok(id.optional()?)
}

pub async fn save_session(conn: &mut Conn, id: &str, status: &str, intent_id: Option<&str>) -> Result<(), Error> {
    diesel::update(sessions::table.find(id))
        .set((sessions::status.eq(status), sessions::intent_id.eq(intent_id)))
        .execute(conn)
        .await?;
    Ok(())
}

/// The order behind one of Square's payment links.
pub async fn find_by_link(conn: &mut Conn, link_id: &str) -> Result<Option<SessionRow>, Error> {
    let row = sessions::table.filter(sessions::link_id.eq(link_id)).select(SessionRow::as_select()).first(conn).await;
    Ok(row.optional()?)
}

pub async fn clear_link(conn: &mut Conn, id: &str) -> Result<(), Error> {
    diesel::update(sessions::table.find(id)).set(sessions::link_id.eq(None::<String>)).execute(conn).await?;
    Ok(())
}

/// A change of a session that is not one of its status.
pub async fn touch_session(
    conn: &mut Conn,
    id: &str,
    changed_at: Timestamp,
    webhook_plan: Option<&Value>,
) -> Result<(), Error> {
    diesel::update(sessions::table.find(id))
        .set((sessions::changed_at.eq(changed_at.to_diesel()), sessions::webhook_plan.eq(webhook_plan)))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn due_session_ids(conn: &mut Conn, now: Timestamp) -> Result<Vec<String>, Error> {
    let due = sessions::status.eq("open").and(sessions::expires_at.le(now.to_diesel()));
    Ok(sessions::table.filter(due).order(sessions::expires_at).select(sessions::id).limit(500).load(conn).await?)
}

pub async fn next_expiry(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    let next = sessions::table
        .filter(sessions::status.eq("open"))
        .order(sessions::expires_at)
        .select(sessions::expires_at)
        .first::<jiff_diesel::Timestamp>(conn)
        .await;
    Ok(next.optional()?.map(|next| next.to_jiff()))
}

/// Newest first, older than `after`.
pub async fn list_sessions(
    conn: &mut Conn,
    intent_id: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<SessionRow>, Error> {
    let mut query =
        sessions::table.select(SessionRow::as_select()).order(sessions::seq.desc()).limit(limit).into_boxed();
    if let Some(intent_id) = intent_id {
        query = query.filter(sessions::intent_id.eq(intent_id));
    }
    if let Some(after) = after {
        let seq: Option<i64> = sessions::table.find(after).select(sessions::seq).first(conn).await.optional()?;
        query = query.filter(sessions::seq.lt(seq.unwrap_or(0)));
    }
    Ok(query.load(conn).await?)
}

pub async fn insert_intent(conn: &mut Conn, row: IntentRow) -> Result<(), Error> {
    diesel::insert_into(intents::table).values(row).execute(conn).await?;
    Ok(())
}

pub async fn find_intent(conn: &mut Conn, id: &str) -> Result<Option<IntentRow>, Error> {
    let row = intents::table.find(id).select(IntentRow::as_select()).first(conn).await;
    Ok(row.optional()?)
}

pub async fn lock_intent(conn: &mut Conn, id: &str) -> Result<Option<IntentRow>, Error> {
    let row = intents::table.find(id).select(IntentRow::as_select()).for_update().first(conn).await;
    Ok(row.optional()?)
}

pub async fn save_intent(conn: &mut Conn, row: IntentRow) -> Result<(), Error> {
    diesel::update(intents::table.find(row.id.clone())).set(row).execute(conn).await?;
    Ok(())
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

/// The charge is covered by the lock on its intent.
pub async fn save_charge_refunded(conn: &mut Conn, id: &str, amount_refunded: i64) -> Result<(), Error> {
    diesel::update(charges::table.find(id)).set(charges::amount_refunded.eq(amount_refunded)).execute(conn).await?;
    Ok(())
}

pub async fn insert_refund(conn: &mut Conn, row: RefundRow) -> Result<(), Error> {
    diesel::insert_into(refunds::table).values(row).execute(conn).await?;
    Ok(())
}

pub async fn find_refund(conn: &mut Conn, id: &str) -> Result<Option<RefundRow>, Error> {
    let row = refunds::table.find(id).select(RefundRow::as_select()).first(conn).await;
    Ok(row.optional()?)
}

/// Newest first, older than `after`.
pub async fn list_refunds(
    conn: &mut Conn,
    intent_id: Option<&str>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<RefundRow>, Error> {
    let mut query = refunds::table.select(RefundRow::as_select()).order(refunds::seq.desc()).limit(limit).into_boxed();
    if let Some(intent_id) = intent_id {
        query = query.filter(refunds::intent_id.eq(intent_id));
    }
    if let Some(after) = after {
        let seq: Option<i64> = refunds::table.find(after).select(refunds::seq).first(conn).await.optional()?;
        query = query.filter(refunds::seq.lt(seq.unwrap_or(0)));
    }
    Ok(query.load(conn).await?)
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

pub async fn save_dispute_status(conn: &mut Conn, id: &str, status: &str) -> Result<(), Error> {
    diesel::update(disputes::table.find(id)).set(disputes::status.eq(status)).execute(conn).await?;
    Ok(())
}
