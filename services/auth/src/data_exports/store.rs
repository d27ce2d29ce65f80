//! The table of exports.

use std::time::Duration;

use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, QueryableByName, Selectable,
    SelectableHelper, prelude::Queryable, sql_types,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{DataExportId, UserId, clock::real_now};
use store::{Conn, Error};

use super::{
    DataExport,
    model::{LIFETIME, PARTS},
};
use crate::{
    columns::parse,
    schema::data_exports::{self, dsl},
};

/// A claimed export belongs to its claimer for this long; more than asking every service takes.
const LEASE: Duration = Duration::from_secs(300);

/// Between two attempts, by real time.
const RETRY_AFTER: Duration = Duration::from_secs(30);

#[derive(Queryable, Selectable, QueryableByName)]
#[diesel(table_name = data_exports, check_for_backend(diesel::pg::Pg))]
struct ExportRow {
    id: DataExportId,
    user_id: UserId,
    state: String,
    parts_done: i32,
    parts: i32,
    attempts: i32,
    requested_at: jiff_diesel::Timestamp,
    ready_at: Option<jiff_diesel::Timestamp>,
    expires_at: Option<jiff_diesel::Timestamp>,
}

impl ExportRow {
    fn into_export(self) -> Result<DataExport, Error> {
        Ok(DataExport {
            id: self.id,
            user_id: self.user_id,
            state: parse(&self.state)?,
            parts_done: self.parts_done,
            parts: self.parts,
            attempts: self.attempts,
            requested_at: self.requested_at.to_jiff(),
            ready_at: self.ready_at.map(|at| at.to_jiff()),
            expires_at: self.expires_at.map(|at| at.to_jiff()),
        })
    }
}

/// `None` when one of this person is pending already.
pub async fn insert(conn: &mut Conn, user_id: UserId, now: Timestamp) -> Result<Option<DataExport>, Error> {
    let row: Option<ExportRow> = diesel::insert_into(data_exports::table)
        .values((
            dsl::id.eq(DataExportId::new()),
            dsl::user_id.eq(user_id),
            dsl::state.eq("pending"),
            dsl::parts_done.eq(0),
            dsl::parts.eq(PARTS),
            dsl::attempts.eq(0),
            dsl::requested_at.eq(now.to_diesel()),
            dsl::next_attempt_at.eq(real_now().to_diesel()),
        ))
        .on_conflict_do_nothing()
        .returning(ExportRow::as_returning())
        .get_result(conn)
        .await
        .optional()?;
    row.map(ExportRow::into_export).transpose()
}

/// The newest that is pending, or that is ready and was asked for since then.
pub async fn find_recent(conn: &mut Conn, user_id: UserId, since: Timestamp) -> Result<Option<DataExport>, Error> {
    let recent = dsl::state.eq("ready").and(dsl::requested_at.gt(since.to_diesel()));
    let query = dsl::data_exports
        .filter(dsl::user_id.eq(user_id))
        .filter(dsl::state.eq("pending").or(recent))
        .order(dsl::id.desc())
        .select(ExportRow::as_select());
    let row: Option<ExportRow> = query.first(conn).await.optional()?;
    row.map(ExportRow::into_export).transpose()
}

pub async fn find(conn: &mut Conn, user_id: UserId, id: DataExportId) -> Result<Option<DataExport>, Error> {
    let query = dsl::data_exports.find(id).filter(dsl::user_id.eq(user_id)).select(ExportRow::as_select());
    let row: Option<ExportRow> = query.first(conn).await.optional()?;
    row.map(ExportRow::into_export).transpose()
}

/// Takes an export that waits. Two processes never get the same one; a claim that is not finished ends by itself.
pub async fn claim(conn: &mut Conn) -> Result<Option<DataExport>, Error> {
    let now = real_now();
    let statement = "UPDATE data_exports SET attempts = attempts + 1, parts_done = 0, next_attempt_at = $1 \
         WHERE id = (SELECT id FROM data_exports WHERE state = 'pending' AND next_attempt_at <= $2 \
                     ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED) \
         RETURNING id, user_id, state, parts_done, parts, attempts, requested_at, ready_at, expires_at";
    let row: Option<ExportRow> = diesel::sql_query(statement)
        .bind::<sql_types::Timestamptz, _>((now + LEASE).to_diesel())
        .bind::<sql_types::Timestamptz, _>(now.to_diesel())
        .get_result(conn)
        .await
        .optional()?;
    row.map(ExportRow::into_export).transpose()
}

/// One more part is there.
pub async fn note_part(conn: &mut Conn, id: DataExportId) -> Result<(), Error> {
    diesel::update(dsl::data_exports.find(id)).set(dsl::parts_done.eq(dsl::parts_done + 1)).execute(conn).await?;
    Ok(())
}

/// False when its person has gone in the meantime.
pub async fn mark_ready(conn: &mut Conn, id: DataExportId, now: Timestamp) -> Result<bool, Error> {
    let pending = dsl::data_exports.find(id).filter(dsl::state.eq("pending"));
    let values = (
        dsl::state.eq("ready"),
        dsl::parts_done.eq(dsl::parts),
        dsl::ready_at.eq(now.to_diesel()),
        dsl::expires_at.eq((now + LIFETIME).to_diesel()),
    );
    Ok(diesel::update(pending).set(values).execute(conn).await? == 1)
}

/// Another attempt later.
pub async fn postpone(conn: &mut Conn, id: DataExportId) -> Result<(), Error> {
    let at = real_now() + RETRY_AFTER;
    diesel::update(dsl::data_exports.find(id)).set(dsl::next_attempt_at.eq(at.to_diesel())).execute(conn).await?;
    Ok(())
}

/// An attempt that died may have left an archive nevertheless: it is looked for at that time.
pub async fn mark_failed(conn: &mut Conn, id: DataExportId, expires_at: Timestamp) -> Result<(), Error> {
    let pending = dsl::data_exports.find(id).filter(dsl::state.eq("pending"));
    let values = (dsl::state.eq("failed"), dsl::expires_at.eq(expires_at.to_diesel()));
    diesel::update(pending).set(values).execute(conn).await?;
    Ok(())
}

/// Archives whose time is over, with those that may be there of attempts that failed; in the order of their ids.
pub async fn list_over(
    conn: &mut Conn,
    now: Timestamp,
    (after, limit): (Option<DataExportId>, i64),
) -> Result<Vec<DataExport>, Error> {
    let mut query = dsl::data_exports
        .filter(dsl::state.eq_any(["ready", "failed"]))
        .filter(dsl::expires_at.le(now.to_diesel()))
        .order(dsl::id)
        .limit(limit)
        .select(ExportRow::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(dsl::id.gt(after));
    }
    let rows: Vec<ExportRow> = query.load(conn).await?;
    rows.into_iter().map(ExportRow::into_export).collect()
}

pub async fn mark_discarded(conn: &mut Conn, id: DataExportId) -> Result<(), Error> {
    diesel::update(dsl::data_exports.find(id)).set(dsl::state.eq("discarded")).execute(conn).await?;
    Ok(())
}

/// Nothing more is made for a person who goes, and what was made is over now.
pub async fn end_all_of_user(conn: &mut Conn, user_id: UserId, now: Timestamp) -> Result<(), Error> {
    let theirs = dsl::data_exports.filter(dsl::user_id.eq(user_id));
    let pending = theirs.filter(dsl::state.eq("pending"));
    let failed = (dsl::state.eq("failed"), dsl::expires_at.eq(now.to_diesel()));
    diesel::update(pending).set(failed).execute(conn).await?;
    let ready = theirs.filter(dsl::state.eq("ready"));
    diesel::update(ready).set(dsl::expires_at.eq(now.to_diesel())).execute(conn).await?;
    Ok(())
}
