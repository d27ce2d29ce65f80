//! Events of providers as rows. They belong to the platform, not to a tenant; only its administrators read them.

use diesel::{
    ExpressionMethods, OptionalExtension, PgArrayExpressionMethods, QueryDsl, Queryable, Selectable, SelectableHelper,
};
use diesel_async::RunQueryDsl;
use events::outbox;
use jiff::Timestamp;
use jiff_diesel::{Timestamp as DieselTimestamp, ToDiesel};
use kernel::EventId;
use store::{Conn, Error};

use super::{
    events::{publication, told_of_new},
    model::ReceivedEvent,
};
use crate::schema::provider_events;

const FIRST_VERSION: i64 = 1;

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = provider_events, check_for_backend(diesel::pg::Pg))]
pub struct ReceivedRow {
    pub id: EventId,
    pub provider: String,
    pub provider_event_id: String,
    pub event_type: String,
    pub headers: serde_json::Value,
    pub payload: Vec<u8>,
    pub created_at: DieselTimestamp,
    pub received_at: DieselTimestamp,
    pub version: i64,
}

/// What a list shows: everything but the body.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = provider_events, check_for_backend(diesel::pg::Pg))]
pub struct ReceivedSummaryRow {
    pub id: EventId,
    pub provider: String,
    pub provider_event_id: String,
    pub event_type: String,
    pub created_at: DieselTimestamp,
    pub received_at: DieselTimestamp,
    pub version: i64,
}

/// Stores an event and what the others are told of it; false when the provider has told it before. Waits for whoever is
/// storing the same one.
pub async fn store_and_publish(conn: &Conn, event: &ReceivedEvent, now: Timestamp) -> Result<bool, Error> {
    let insert = diesel::insert_into(provider_events::table)
        .values((
            provider_events::id.eq(event.id),
            provider_events::provider.eq(event.provider.as_str()),
            provider_events::provider_event_id.eq(&event.provider_event_id),
            provider_events::event_type.eq(&event.event_type),
            provider_events::headers.eq(serde_json::json!(event.headers)),
            provider_events::payload.eq(&event.payload),
            provider_events::created_at.eq(event.created_at.to_diesel()),
            provider_events::received_at.eq(event.received_at.to_diesel()),
            provider_events::version.eq(FIRST_VERSION),
            provider_events::subjects.eq(event.subjects.clone()),
        ))
        .on_conflict_do_nothing()
        .returning(provider_events::id);
    outbox::enqueue_with_row(conn, insert, publication(event.id, FIRST_VERSION, now), &told_of_new(event)).await
}

pub async fn find_event(conn: &mut Conn, id: EventId) -> Result<Option<ReceivedRow>, Error> {
    Ok(provider_events::table.find(id).select(ReceivedRow::as_select()).first(conn).await.optional()?)
}

/// Counts one more publication and answers the row with its new version; the row stays locked.
pub async fn bump_version(conn: &mut Conn, id: EventId) -> Result<Option<ReceivedRow>, Error> {
    Ok(diesel::update(provider_events::table.find(id))
        .set(provider_events::version.eq(provider_events::version + 1))
        .returning(ReceivedRow::as_returning())
        .get_result(conn)
        .await
        .optional()?)
}

/// The newest events about any of some things.
pub async fn events_about(conn: &mut Conn, subjects: &[String], limit: i64) -> Result<Vec<ReceivedSummaryRow>, Error> {
    let query = provider_events::table.filter(provider_events::subjects.overlaps_with(subjects.to_vec()));
    let query = query.order(provider_events::id.desc()).limit(limit);
    Ok(query.select(ReceivedSummaryRow::as_select()).load(conn).await?)
}

/// What a list may be narrowed to.
#[derive(Debug, Default)]
pub struct Filter<'q> {
    pub provider: Option<&'q str>,
    pub event_type: Option<&'q str>,
    pub provider_event_id: Option<&'q str>,
    pub received_from: Option<Timestamp>,
    /// Not included.
    pub received_until: Option<Timestamp>,
}

/// Newest first.
pub async fn list_events(
    conn: &mut Conn,
    filter: Filter<'_>,
    before: Option<EventId>,
    limit: i64,
) -> Result<Vec<ReceivedSummaryRow>, Error> {
    let mut query = provider_events::table
        .select(ReceivedSummaryRow::as_select())
        .order(provider_events::id.desc())
        .limit(limit)
        .into_boxed();
    if let Some(provider) = filter.provider {
        query = query.filter(provider_events::provider.eq(provider));
    }
    if let Some(event_type) = filter.event_type {
        query = query.filter(provider_events::event_type.eq(event_type));
    }
    if let Some(provider_event_id) = filter.provider_event_id {
        query = query.filter(provider_events::provider_event_id.eq(provider_event_id));
    }
    if let Some(from) = filter.received_from {
        query = query.filter(provider_events::received_at.ge(from.to_diesel()));
    }
    if let Some(until) = filter.received_until {
        query = query.filter(provider_events::received_at.lt(until.to_diesel()));
    }
    if let Some(before) = before {
        query = query.filter(provider_events::id.lt(before));
    }
    Ok(query.load(conn).await?)
}
