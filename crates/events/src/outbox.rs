//! Where events are born: rows written in the transaction of what they tell.

use contracts::Event;
use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use store::{Conn, Error};
use uuid::Uuid;

use crate::schema::outbox;

/// An aggregate's events share a shard, so that one relay publishes them in order.
const SHARDS: u128 = 16;

/// Which aggregate changed, to which version. Lock the aggregate's row before taking its version: then the order
/// of versions is the order of commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub aggregate_type: &'static str,
    pub aggregate_id: Uuid,
    pub version: i64,
    /// Order among several events of one version; 0 for the first.
    pub ordinal: i16,
    /// The company concerned, where there is one.
    pub tenant: Option<Uuid>,
    pub occurred_at: Timestamp,
}

/// Writes an event in the caller's transaction; it is published after the commit, or never existed. May be one of
/// several statements in flight.
///
/// Fails on the constraint `outbox_order` when the same change tells two events with one ordinal.
pub async fn enqueue<E: Event>(mut conn: &Conn, change: Change, event: &E) -> Result<Uuid, Error> {
    let id = kernel::new_uuid();
    diesel::insert_into(outbox::table)
        .values((
            outbox::id.eq(id),
            outbox::shard.eq(shard_of(change.aggregate_id)),
            outbox::event_type.eq(E::event_type()),
            outbox::aggregate_type.eq(change.aggregate_type),
            outbox::aggregate_id.eq(change.aggregate_id),
            outbox::version.eq(change.version),
            outbox::ordinal.eq(change.ordinal),
            outbox::tenant.eq(change.tenant),
            outbox::traceparent.eq(telemetry::current_traceparent()),
            outbox::payload.eq(event.encode_to_vec()),
            outbox::occurred_at.eq(change.occurred_at.to_diesel()),
        ))
        .execute(&mut conn)
        .await?;
    Ok(id)
}

/// How many events wait to be published.
pub async fn unpublished_count(conn: &mut Conn) -> Result<i64, Error> {
    Ok(outbox::table.filter(outbox::published_at.is_null()).count().get_result(conn).await?)
}

/// UUIDv7 ends in random bits, which spread aggregates evenly.
fn shard_of(aggregate_id: Uuid) -> i16 {
    (aggregate_id.as_u128() % SHARDS) as i16
}
