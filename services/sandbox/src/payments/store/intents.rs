//! The payments behind sessions, with the holds that lapse and the debits that a bank has not decided yet.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use serde_json::Value;
use store::{Conn, Error};

use super::{SessionRow, lock_session};
use crate::{payments::holds::CaptureMethod, schema::intents};

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
    pub customer_id: Option<String>,
    pub payment_method_id: Option<String>,
    pub capture_method: String,
    #[diesel(serialize_as = jiff_diesel::NullableTimestamp, deserialize_as = jiff_diesel::NullableTimestamp)]
    pub capture_before: Option<Timestamp>,
    #[diesel(serialize_as = jiff_diesel::NullableTimestamp, deserialize_as = jiff_diesel::NullableTimestamp)]
    pub canceled_at: Option<Timestamp>,
    pub excluded_methods: Option<Value>,
    pub takes_debits: bool,
    /// When the bank says what became of a debit that is under way.
    #[diesel(serialize_as = jiff_diesel::NullableTimestamp, deserialize_as = jiff_diesel::NullableTimestamp)]
    pub decided_at: Option<Timestamp>,
}

impl IntentRow {
    pub fn capture_method(&self) -> CaptureMethod {
        CaptureMethod::by_name(&self.capture_method)
    }
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

/// An intent and its session, which is locked first.
pub async fn lock_intent_and_session(conn: &mut Conn, id: &str) -> Result<Option<(IntentRow, SessionRow)>, Error> {
    let Some(found) = find_intent(conn, id).await? else { return Ok(None) };
    let Some(session) = lock_session(conn, &found.session_id).await? else { return Ok(None) };
    Ok(lock_intent(conn, id).await?.map(|intent| (intent, session)))
}

pub async fn save_intent(conn: &mut Conn, row: IntentRow) -> Result<(), Error> {
    diesel::update(intents::table.find(row.id.clone())).set(row).execute(conn).await?;
    Ok(())
}

pub async fn due_hold_ids(conn: &mut Conn, now: Timestamp) -> Result<Vec<String>, Error> {
    let due = intents::status.eq("requires_capture").and(intents::capture_before.le(now.to_diesel()));
    Ok(intents::table.filter(due).order(intents::capture_before).select(intents::id).limit(500).load(conn).await?)
}

pub async fn next_lapse(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    let next = intents::table
        .filter(intents::status.eq("requires_capture"))
        .order(intents::capture_before)
        .select(intents::capture_before)
        .first::<jiff_diesel::NullableTimestamp>(conn)
        .await;
    Ok(next.optional()?.and_then(|next| next.to_jiff()))
}

pub async fn undecided_ids(conn: &mut Conn, now: Timestamp) -> Result<Vec<String>, Error> {
    let due = intents::status.eq("processing").and(intents::decided_at.le(now.to_diesel()));
    Ok(intents::table.filter(due).order(intents::decided_at).select(intents::id).limit(500).load(conn).await?)
}

pub async fn next_decision(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    let next = intents::table
        .filter(intents::status.eq("processing"))
        .order(intents::decided_at)
        .select(intents::decided_at)
        .first::<jiff_diesel::NullableTimestamp>(conn)
        .await;
    Ok(next.optional()?.and_then(|next| next.to_jiff()))
}
