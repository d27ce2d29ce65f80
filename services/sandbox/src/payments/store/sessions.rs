//! What is to be paid, and on which page.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use serde_json::Value;
use store::{Conn, Error};

use crate::{
    payments::{Provider, sessions::Mode},
    schema::sessions,
};

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
