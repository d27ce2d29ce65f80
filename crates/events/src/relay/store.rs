//! The relay's statements.

use std::{sync::Arc, time::Duration};

use diesel::sql_types::{Array, BigInt, Binary, Bool, Double, Nullable, SmallInt, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;
use store::{Conn, Error, sql::statement};
use uuid::Uuid;

use crate::Envelope;

/// A row on its way, with the right under which it was read.
pub(super) struct Unpublished {
    pub envelope: Arc<Envelope>,
    pub shard: i16,
    pub fencing: i64,
}

/// A shard as it stands in `outbox_leases`.
#[derive(Debug, Clone, PartialEq, Eq, diesel::Queryable)]
pub(super) struct ShardLease {
    pub shard: i16,
    pub owner: Option<Uuid>,
    /// Nobody's, or of an owner who has not renewed it in time.
    pub free: bool,
}

type EnvelopeSql =
    (SqlUuid, SmallInt, Text, Text, SqlUuid, BigInt, SmallInt, Nullable<SqlUuid>, Nullable<Text>, Binary, Timestamptz);
type EnvelopeRow =
    (Uuid, i16, String, String, Uuid, i64, i16, Option<Uuid>, Option<String>, Vec<u8>, jiff_diesel::Timestamp);

/// The first `limit` unpublished rows of each shard, by aggregate and version. The limit holds for each shard by
/// itself because then every shard is one walk along the index; `except` are rows that the bus holds already.
pub(super) async fn unpublished(
    conn: &mut Conn,
    held: &[(i16, i64)],
    except: &[Uuid],
    limit: i64,
) -> Result<Vec<Unpublished>, Error> {
    let shards: Vec<i16> = held.iter().map(|(shard, _)| *shard).collect();
    let rows: Vec<EnvelopeRow> = statement::<EnvelopeSql>(
        "SELECT o.id, o.shard, o.event_type, o.aggregate_type, o.aggregate_id, o.version, o.ordinal, o.tenant, \
                o.traceparent, o.payload, o.occurred_at \
         FROM unnest(?) AS held (shard) CROSS JOIN LATERAL ( \
             SELECT * FROM outbox \
             WHERE shard = held.shard AND published_at IS NULL AND id NOT IN (SELECT unnest(?)) \
             ORDER BY shard, aggregate_type, aggregate_id, version, ordinal LIMIT ?) o",
    )
    .bind::<Array<SmallInt>, _>(shards)
    .bind::<Array<SqlUuid>, _>(except.to_vec())
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(rows.into_iter().filter_map(|row| with_fencing(row, held)).collect())
}

fn with_fencing(row: EnvelopeRow, held: &[(i16, i64)]) -> Option<Unpublished> {
    let shard = row.1;
    let (_, fencing) = *held.iter().find(|(held, _)| *held == shard)?;
    Some(Unpublished { envelope: Arc::new(envelope(row)), shard, fencing })
}

fn envelope(row: EnvelopeRow) -> Envelope {
    let (id, _, event_type, aggregate_type, aggregate_id, version, ordinal, tenant, traceparent, payload, at) = row;
    Envelope {
        id,
        event_type,
        aggregate_type,
        aggregate_id,
        version,
        ordinal,
        tenant,
        traceparent,
        occurred_at: at.to_jiff(),
        payload: payload.into(),
    }
}

/// Stamps rows as published, except those of shards that another relay has taken since they were read: it will
/// publish them again, and consumers know them by their id.
pub(super) async fn mark_published(conn: &mut Conn, rows: &[Unpublished]) -> Result<usize, Error> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.envelope.id).collect();
    let shards: Vec<i16> = rows.iter().map(|row| row.shard).collect();
    let fencings: Vec<i64> = rows.iter().map(|row| row.fencing).collect();
    // One index probe a row: joined by shard alone, the planner would look up all ids once for every shard.
    let marked = statement::<()>(
        "UPDATE outbox SET published_at = clock_timestamp() \
         FROM unnest(?, ?, ?) AS sent (id, shard, fencing) JOIN outbox_leases USING (shard, fencing) \
         WHERE outbox.id = sent.id AND outbox.published_at IS NULL",
    )
    .bind::<Array<SqlUuid>, _>(ids)
    .bind::<Array<SmallInt>, _>(shards)
    .bind::<Array<BigInt>, _>(fencings)
    .execute(conn)
    .await?;
    Ok(marked)
}

/// All shards, locked until the transaction ends: relays decide one after another.
pub(super) async fn lock_leases(conn: &mut Conn) -> Result<Vec<ShardLease>, Error> {
    let leases = statement::<(SmallInt, Nullable<SqlUuid>, Bool)>(
        "SELECT shard, owner, owner IS NULL OR lease_until < clock_timestamp() \
         FROM outbox_leases ORDER BY shard FOR UPDATE",
    )
    .load(conn)
    .await?;
    Ok(leases)
}

/// Announces a relay and answers how many are alive, itself included.
pub(super) async fn announce(conn: &mut Conn, relay: Uuid, ttl: Duration) -> Result<usize, Error> {
    let alive: i64 = statement::<BigInt>(
        "WITH gone AS (DELETE FROM outbox_relays WHERE seen_until < clock_timestamp()), \
              me AS (INSERT INTO outbox_relays (id, seen_until) \
                     VALUES (?, clock_timestamp() + make_interval(secs => ?)) \
                     ON CONFLICT (id) DO UPDATE SET seen_until = excluded.seen_until) \
         SELECT 1 + count(*) FROM outbox_relays WHERE seen_until >= clock_timestamp() AND id <> ?",
    )
    .bind::<SqlUuid, _>(relay)
    .bind::<Double, _>(ttl.as_secs_f64())
    .bind::<SqlUuid, _>(relay)
    .get_result(conn)
    .await?;
    Ok(usize::try_from(alive).unwrap_or(1))
}

/// Takes or renews shards and answers each with its fencing number, which rises when the owner changes.
pub(super) async fn hold(
    conn: &mut Conn,
    relay: Uuid,
    shards: &[i16],
    ttl: Duration,
) -> Result<Vec<(i16, i64)>, Error> {
    let held = statement::<(SmallInt, BigInt)>(
        "UPDATE outbox_leases SET owner = new.owner, lease_until = clock_timestamp() + make_interval(secs => ?), \
                fencing = fencing + (outbox_leases.owner IS DISTINCT FROM new.owner)::int \
         FROM (SELECT ?::uuid AS owner) new WHERE shard = ANY (?) RETURNING shard, fencing",
    )
    .bind::<Double, _>(ttl.as_secs_f64())
    .bind::<SqlUuid, _>(relay)
    .bind::<Array<SmallInt>, _>(shards.to_vec())
    .load(conn)
    .await?;
    Ok(held)
}

/// Gives some shards back.
pub(super) async fn release(conn: &mut Conn, relay: Uuid, shards: &[i16]) -> Result<(), Error> {
    statement::<()>("UPDATE outbox_leases SET owner = NULL, lease_until = NULL WHERE owner = ? AND shard = ANY (?)")
        .bind::<SqlUuid, _>(relay)
        .bind::<Array<SmallInt>, _>(shards.to_vec())
        .execute(conn)
        .await?;
    Ok(())
}

/// Gives everything back; the relay is no longer one of those who share.
pub(super) async fn leave(conn: &mut Conn, relay: Uuid) -> Result<(), Error> {
    statement::<()>("UPDATE outbox_leases SET owner = NULL, lease_until = NULL WHERE owner = ?")
        .bind::<SqlUuid, _>(relay)
        .execute(conn)
        .await?;
    statement::<()>("DELETE FROM outbox_relays WHERE id = ?").bind::<SqlUuid, _>(relay).execute(conn).await?;
    Ok(())
}

/// Unpublished envelopes of the whole outbox, in the order a relay would publish them.
pub(crate) async fn all_unpublished(conn: &mut Conn) -> Result<Vec<Envelope>, Error> {
    let rows: Vec<EnvelopeRow> = statement::<EnvelopeSql>(
        "SELECT id, shard, event_type, aggregate_type, aggregate_id, version, ordinal, tenant, traceparent, payload, \
                occurred_at FROM outbox WHERE published_at IS NULL \
         ORDER BY shard, aggregate_type, aggregate_id, version, ordinal",
    )
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(envelope).collect())
}
