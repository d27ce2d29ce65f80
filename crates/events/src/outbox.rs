//! Where events are born: rows written in the transaction of what they tell.

use contracts::Event;
use diesel::{
    ExpressionMethods, QueryDsl, QueryResult,
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{BigInt, Bytea, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use store::{
    Conn, Error,
    sql::{Statement, statement},
};
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

/// Writes a row and its event in one statement, which needs no transaction; the event only where `writing` writes one row
/// (`INSERT … ON CONFLICT DO NOTHING RETURNING …`), and answers whether it did.
pub async fn enqueue_with_row<W, E>(mut conn: &Conn, writing: W, change: Change, event: &E) -> Result<bool, Error>
where
    W: QueryFragment<Pg> + Send,
    E: Event,
{
    let telling = statement::<()>(
        "INSERT INTO outbox (id, shard, event_type, aggregate_type, aggregate_id, version, ordinal, tenant, traceparent, \
                             payload, occurred_at) \
         SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM written",
    );
    let telling = telling
        .bind::<SqlUuid, _>(kernel::new_uuid())
        .bind::<SmallInt, _>(shard_of(change.aggregate_id))
        .bind::<Text, _>(E::event_type())
        .bind::<Text, _>(change.aggregate_type)
        .bind::<SqlUuid, _>(change.aggregate_id)
        .bind::<BigInt, _>(change.version)
        .bind::<SmallInt, _>(change.ordinal)
        .bind::<Nullable<SqlUuid>, _>(change.tenant)
        .bind::<Nullable<Text>, _>(telemetry::current_traceparent())
        .bind::<Bytea, _>(event.encode_to_vec())
        .bind::<Timestamptz, _>(change.occurred_at.to_diesel());
    Ok(WithRow { writing, telling }.execute(&mut conn).await? == 1)
}

struct WithRow<'a, W> {
    writing: W,
    telling: Statement<'a, ()>,
}

impl<W: QueryFragment<Pg>> QueryFragment<Pg> for WithRow<'_, W> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH written AS (");
        self.writing.walk_ast(out.reborrow())?;
        out.push_sql(") ");
        self.telling.walk_ast(out)
    }
}

// Without a static id the statement's text is its key in the connection's cache.
impl<W> QueryId for WithRow<'_, W> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// How many events wait to be published.
pub async fn unpublished_count(conn: &mut Conn) -> Result<i64, Error> {
    Ok(outbox::table.filter(outbox::published_at.is_null()).count().get_result(conn).await?)
}

/// UUIDv7 ends in random bits, which spread aggregates evenly.
fn shard_of(aggregate_id: Uuid) -> i16 {
    (aggregate_id.as_u128() % SHARDS) as i16
}
