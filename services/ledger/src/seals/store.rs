//! Seals as rows, and the content of transfers as it is sealed.

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, Queryable, QueryableByName, Selectable, SelectableHelper,
    sql_types::{BigInt, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::TransferId;
use store::{Conn, Error};

use super::model::{Seal, Sealed};
use crate::schema::seals;

#[derive(Queryable, Selectable)]
#[diesel(table_name = seals, check_for_backend(diesel::pg::Pg))]
struct SealRow {
    number: i64,
    through_seq: i64,
    transfers: Vec<Option<TransferId>>,
    digests: Vec<Option<Vec<u8>>>,
    hash: Vec<u8>,
}

impl From<SealRow> for Seal {
    fn from(row: SealRow) -> Self {
        Self {
            number: row.number,
            through_seq: row.through_seq,
            transfers: row.transfers.into_iter().flatten().collect(),
            digests: row.digests.into_iter().flatten().collect(),
            // The column is checked to have 32 bytes.
            hash: row.hash.try_into().unwrap_or_default(),
        }
    }
}

pub async fn last_seal(conn: &mut Conn) -> Result<Option<Seal>, Error> {
    let query = seals::table.order(seals::number.desc()).select(SealRow::as_select());
    let row: Option<SealRow> = query.first(conn).await.optional()?;
    Ok(row.map(Seal::from))
}

pub async fn find_seal(conn: &mut Conn, number: i64) -> Result<Option<Seal>, Error> {
    let row: Option<SealRow> = seals::table.find(number).select(SealRow::as_select()).first(conn).await.optional()?;
    Ok(row.map(Seal::from))
}

/// False where another process has sealed the same meanwhile.
pub async fn insert_seal(conn: &mut Conn, seal: &Seal, now: Timestamp) -> Result<bool, Error> {
    let inserted = diesel::insert_into(seals::table)
        .values((
            seals::number.eq(seal.number),
            seals::through_seq.eq(seal.through_seq),
            seals::transfers.eq(&seal.transfers),
            seals::digests.eq(&seal.digests),
            seals::hash.eq(seal.hash.as_slice()),
            seals::sealed_at.eq(now.to_diesel()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted == 1)
}

#[derive(QueryableByName)]
struct ContentRow {
    #[diesel(sql_type = BigInt)]
    seq: i64,
    #[diesel(sql_type = SqlUuid)]
    id: TransferId,
    #[diesel(sql_type = Text)]
    content: String,
}

/// Transfers by number, with the digest of everything that was written of each: one text, the same on every server.
pub async fn contents(conn: &mut Conn, after_seq: i64, through_seq: i64, limit: i64) -> Result<Vec<Sealed>, Error> {
    let rows: Vec<ContentRow> = diesel::sql_query(CONTENTS)
        .bind::<BigInt, _>(after_seq)
        .bind::<BigInt, _>(through_seq)
        .bind::<BigInt, _>(limit)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| Sealed::new(row.seq, row.id, &row.content)).collect())
}

const CONTENTS: &str = "
    SELECT t.seq, t.id, jsonb_build_array(
        t.id, t.seq, t.kind, encode(t.fingerprint, 'hex'), t.source, t.source_event,
        (extract(epoch FROM t.effective_at) * 1000000)::bigint, (extract(epoch FROM t.recorded_at) * 1000000)::bigint,
        t.reverses, t.actor, t.reason, t.phase, t.hold_id, (extract(epoch FROM t.expires_at) * 1000000)::bigint,
        (SELECT jsonb_agg(jsonb_build_array(e.position, e.account_id, e.number, e.amount, e.currency, e.balance_after,
                                            (extract(epoch FROM e.recorded_at) * 1000000)::bigint) ORDER BY e.position)
         FROM entries e WHERE e.transfer_id = t.id),
        (SELECT jsonb_agg(jsonb_build_array(l.position, l.account_id, l.amount, l.currency) ORDER BY l.position)
         FROM hold_legs l WHERE l.hold_id = t.id)
    )::text AS content
    FROM transfers t WHERE t.seq > $1 AND t.seq <= $2 ORDER BY t.seq LIMIT $3";

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    value: i64,
}

async fn number(conn: &mut Conn, query: &str) -> Result<i64, Error> {
    let row: Number = diesel::sql_query(query).get_result(conn).await?;
    Ok(row.value)
}

/// The highest number that has been given to a transfer, committed or not.
pub async fn last_given_seq(conn: &mut Conn) -> Result<i64, Error> {
    let query =
        "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('transfers', 'seq')::regclass), 0) AS value";
    number(conn, query).await
}

/// Every transaction that has written anything by now is before this one.
pub async fn next_transaction(conn: &mut Conn) -> Result<i64, Error> {
    number(conn, "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS value").await
}

/// Every transaction before this one has ended.
pub async fn oldest_transaction(conn: &mut Conn) -> Result<i64, Error> {
    number(conn, "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS value").await
}

/// How many transfers no seal covers yet.
pub async fn unsealed(conn: &mut Conn) -> Result<i64, Error> {
    let query = "SELECT count(*) AS value FROM transfers
                 WHERE seq > coalesce((SELECT max(through_seq) FROM seals), 0)";
    number(conn, query).await
}
