//! Rows of sessions, intents, charges and refunds.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use serde_json::Value;
use store::{Conn, Error};

use super::{Provider, holds::CaptureMethod, sessions::Mode};
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
    pub mode: String,
    pub customer_id: Option<String>,
    pub capture_method: String,
}

impl SessionRow {
    pub fn provider(&self) -> Provider {
        Provider::by_name(&self.provider)
    }

    pub fn mode(&self) -> Mode {
        Mode::by_name(&self.mode)
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
    #[diesel(serialize_as = jiff_diesel::NullableTimestamp, deserialize_as = jiff_diesel::NullableTimestamp)]
    pub failed_at: Option<Timestamp>,
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
    #[diesel(serialize_as = jiff_diesel::NullableTimestamp, deserialize_as = jiff_diesel::NullableTimestamp)]
    pub decided_at: Option<Timestamp>,
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

/// Where a customer comes back to is known with the attempt, where there is no page.
pub async fn save_success_url(conn: &mut Conn, id: &str, success_url: &str) -> Result<(), Error> {
    diesel::update(sessions::table.find(id)).set(sessions::success_url.eq(success_url)).execute(conn).await?;
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
    let mut query = sessions::table
        .filter(sessions::mode.ne(Mode::Intent.as_str()))
        .select(SessionRow::as_select())
        .order(sessions::seq.desc())
        .limit(limit)
        .into_boxed();
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
pub async fn save_charge_captured(conn: &mut Conn, id: &str, amount: i64, at: Timestamp) -> Result<(), Error> {
    diesel::update(charges::table.find(id))
        .set((charges::amount_captured.eq(amount), charges::captured_at.eq(at.to_diesel())))
        .execute(conn)
        .await?;
    Ok(())
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

/// By its own id, or the newest of the platform's payment that has gone out.
pub async fn find_sent_refund(conn: &mut Conn, id: &str) -> Result<Option<RefundRow>, Error> {
    let of_payment = intents::table
        .inner_join(sessions::table.on(sessions::id.eq(intents::session_id)))
        .filter(sessions::client_reference_id.eq(id))
        .select(intents::id);
    let row = refunds::table
        .filter(refunds::id.eq(id).or(refunds::intent_id.eq_any(of_payment)))
        .filter(refunds::status.eq("succeeded"))
        .order(refunds::seq.desc())
        .select(RefundRow::as_select())
        .first(conn)
        .await;
    Ok(row.optional()?)
}

/// The refund is covered by the lock on its intent. False where it has failed before.
pub async fn save_refund_failed(conn: &mut Conn, id: &str, now: Timestamp) -> Result<bool, Error> {
    let sent = refunds::table.find(id).filter(refunds::status.eq("succeeded"));
    let failed = (refunds::status.eq("failed"), refunds::failed_at.eq(now.to_diesel()));
    Ok(diesel::update(sent).set(failed).execute(conn).await? == 1)
}

/// A provider's refunds since an instant, the newest first: 100 at most.
pub async fn refunds_at(
    conn: &mut Conn,
    provider: Provider,
    since: Timestamp,
) -> Result<Vec<(RefundRow, SessionRow)>, Error> {
    let rows = refunds::table
        .inner_join(intents::table.on(intents::id.eq(refunds::intent_id)))
        .inner_join(sessions::table.on(sessions::id.eq(intents::session_id)))
        .filter(sessions::provider.eq(provider.as_str()))
        .filter(refunds::created_at.ge(since.to_diesel()))
        .order(refunds::seq.desc())
        .limit(100)
        .select((RefundRow::as_select(), SessionRow::as_select()))
        .load(conn)
        .await?;
    Ok(rows)
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
