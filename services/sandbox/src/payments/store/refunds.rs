//! What went back. Refunds are covered by the lock on their intent.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use serde_json::Value;
use store::{Conn, Error};

use super::SessionRow;
use crate::{
    payments::Provider,
    schema::{intents, refunds, sessions},
};

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

/// False where it has failed before.
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
