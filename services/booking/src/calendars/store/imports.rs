//! Rows of imports, what they occupy, and where they meet bookings.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, QueryableByName, sql_types};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{BookingId, CalendarId, CompanyId, RoomId, UserId};
use store::{Conn, Error, sql::statement};

use crate::{
    calendars::model::{Import, next_fetch},
    interval::Interval,
    schema::{calendar_conflicts as conflicts, calendar_imports as imports, occupancies, rooms, studios},
};

type ImportRow =
    (CalendarId, RoomId, CompanyId, String, String, jiff_diesel::Timestamp, NullableTimestamp, i32, Option<String>);

fn import(row: ImportRow) -> Import {
    let (id, room_id, company_id, name, url, created_at, fetched_at, failures, last_error) = row;
    let (created_at, fetched_at) = (created_at.to_jiff(), fetched_at.to_jiff());
    Import { id, room_id, company_id, name, url, created_at, fetched_at, failures, last_error }
}

macro_rules! import_columns {
    () => {
        (
            imports::id,
            imports::room_id,
            imports::company_id,
            imports::name,
            imports::url,
            imports::created_at,
            imports::fetched_at,
            imports::failures,
            imports::last_error,
        )
    };
}

/// It is due at once.
pub async fn insert_import(conn: &mut Conn, import: &Import, created_by: UserId) -> Result<(), Error> {
    diesel::insert_into(imports::table)
        .values((
            imports::id.eq(import.id),
            imports::room_id.eq(import.room_id),
            imports::company_id.eq(import.company_id),
            imports::name.eq(&import.name),
            imports::url.eq(&import.url),
            imports::created_by.eq(created_by),
            imports::created_at.eq(import.created_at.to_diesel()),
            imports::next_fetch_at.eq(import.created_at.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn count_imports(conn: &mut Conn, room_id: RoomId) -> Result<i64, Error> {
    Ok(imports::table.filter(imports::room_id.eq(room_id)).count().get_result(conn).await?)
}

/// At most as many as a room may have, so they are not paged.
pub async fn list_imports(conn: &mut Conn, room_id: RoomId) -> Result<Vec<Import>, Error> {
    let rows: Vec<ImportRow> = imports::table
        .filter(imports::room_id.eq(room_id))
        .order(imports::id)
        .select(import_columns!())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(import).collect())
}

/// With it goes what it occupied; false where the room has no such import.
pub async fn delete_import(conn: &mut Conn, room_id: RoomId, id: CalendarId) -> Result<bool, Error> {
    let of_room = imports::table.find(id).filter(imports::room_id.eq(room_id));
    Ok(diesel::delete(of_room).execute(conn).await? == 1)
}

/// Of rooms that are gone.
pub async fn delete_imports_of(conn: &mut Conn, rooms: &[RoomId]) -> Result<(), Error> {
    diesel::delete(imports::table.filter(imports::room_id.eq_any(rooms))).execute(conn).await?;
    Ok(())
}

/// Takes an import that is due, for this process alone until it is due again.
pub async fn claim_due(conn: &mut Conn, now: Timestamp) -> Result<Option<Import>, Error> {
    let due = statement::<sql_types::Uuid>(
        "UPDATE calendar_imports SET next_fetch_at = ? WHERE id = (
            SELECT id FROM calendar_imports WHERE next_fetch_at <= ? ORDER BY next_fetch_at LIMIT 1
            FOR UPDATE SKIP LOCKED)
         RETURNING id",
    );
    let id: Option<CalendarId> = due
        .bind::<sql_types::Timestamptz, _>(next_fetch(now, 0).to_diesel())
        .bind::<sql_types::Timestamptz, _>(now.to_diesel())
        .get_result(conn)
        .await
        .optional()?;
    let Some(id) = id else { return Ok(None) };
    let row: Option<ImportRow> = imports::table.find(id).select(import_columns!()).first(conn).await.optional()?;
    Ok(row.map(import))
}

/// Locks the import; `None` when it has been deleted meanwhile.
pub async fn lock_import(conn: &mut Conn, id: CalendarId) -> Result<Option<Import>, Error> {
    let row: Option<ImportRow> =
        imports::table.find(id).select(import_columns!()).for_update().first(conn).await.optional()?;
    Ok(row.map(import))
}

pub async fn record_success(conn: &mut Conn, id: CalendarId, now: Timestamp) -> Result<(), Error> {
    diesel::update(imports::table.find(id))
        .set((
            imports::fetched_at.eq(Some(now).to_diesel()),
            imports::failures.eq(0),
            imports::last_error.eq(None::<String>),
            imports::next_fetch_at.eq(next_fetch(now, 0).to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// What is known of the calendar stays.
pub async fn record_failure(conn: &mut Conn, import: &Import, why: &str, now: Timestamp) -> Result<(), Error> {
    let failures = import.failures.saturating_add(1);
    diesel::update(imports::table.find(import.id))
        .set((
            imports::failures.eq(failures),
            imports::last_error.eq(Some(why)),
            imports::next_fetch_at.eq(next_fetch(now, failures).to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Occupies a room and what it stands for while a calendar is busy, wherever nothing else does, and nothing that the
/// calendar said before. The rooms' locks are held.
pub async fn replace_busy(conn: &mut Conn, import: &Import, busy: &[Interval]) -> Result<(), Error> {
    diesel::delete(occupancies::table.filter(occupancies::import_id.eq(import.id))).execute(conn).await?;
    let (starts, ends): (Vec<_>, Vec<_>) =
        busy.iter().map(|busy| (busy.start().to_diesel(), busy.end().to_diesel())).unzip();
    let insert = statement::<()>(
        "INSERT INTO occupancies (id, room_id, period, kind, active, import_id)
         SELECT gen_random_uuid(), covered.id, piece, 'import', true, ?
         FROM room_footprint(?) AS covered (id)
         CROSS JOIN unnest(?, ?) AS busy (starts, ends)
         CROSS JOIN LATERAL (
            SELECT tstzmultirange(tstzrange(busy.starts, busy.ends, '[)')) - coalesce(range_agg(o.period), '{}') AS free
            FROM occupancies o
            WHERE o.active AND o.room_id = covered.id AND o.period && tstzrange(busy.starts, busy.ends, '[)')
         ) AS rest
         CROSS JOIN LATERAL unnest(rest.free) AS piece
         WHERE NOT isempty(piece)",
    );
    insert
        .bind::<sql_types::Uuid, _>(import.id)
        .bind::<sql_types::Uuid, _>(import.room_id)
        .bind::<sql_types::Array<sql_types::Timestamptz>, _>(starts)
        .bind::<sql_types::Array<sql_types::Timestamptz>, _>(ends)
        .execute(conn)
        .await?;
    Ok(())
}

/// A booking that has a room while an imported calendar is busy.
#[derive(Debug, QueryableByName)]
pub struct Conflict {
    #[diesel(sql_type = sql_types::Uuid)]
    pub booking_id: BookingId,
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub busy_starts_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub busy_ends_at: jiff_diesel::Timestamp,
}

/// Conflicts that nobody has been told of, in the order of bookings. Turnaround is nobody's use of the room.
pub async fn find_new_conflicts(
    conn: &mut Conn,
    import: &Import,
    busy: &[Interval],
    now: Timestamp,
) -> Result<Vec<Conflict>, Error> {
    let (starts, ends): (Vec<_>, Vec<_>) =
        busy.iter().map(|busy| (busy.start().to_diesel(), busy.end().to_diesel())).unzip();
    let found = diesel::sql_query(
        "SELECT DISTINCT b.id AS booking_id, busy.starts AS busy_starts_at, busy.ends AS busy_ends_at
         FROM unnest($1, $2) AS busy (starts, ends)
         CROSS JOIN room_footprint($3) AS covered (id)
         JOIN occupancies o ON o.active AND o.room_id = covered.id AND o.period && tstzrange(busy.starts, busy.ends, '[)')
         JOIN bookings b ON b.id = o.booking_id AND b.starts_at < busy.ends AND b.ends_at > busy.starts
         WHERE (b.status = 'confirmed' OR (b.status = 'held' AND b.hold_expires_at > $4))
           AND NOT EXISTS (SELECT FROM calendar_conflicts c WHERE c.import_id = $5 AND c.booking_id = b.id
               AND c.busy_starts_at = busy.starts AND c.busy_ends_at = busy.ends)
         ORDER BY b.id, busy.starts",
    )
    .bind::<sql_types::Array<sql_types::Timestamptz>, _>(starts)
    .bind::<sql_types::Array<sql_types::Timestamptz>, _>(ends)
    .bind::<sql_types::Uuid, _>(import.room_id)
    .bind::<sql_types::Timestamptz, _>(now.to_diesel())
    .bind::<sql_types::Uuid, _>(import.id)
    .load(conn)
    .await?;
    Ok(found)
}

pub async fn record_conflicts(
    conn: &mut Conn,
    import_id: CalendarId,
    found: &[Conflict],
    now: Timestamp,
) -> Result<(), Error> {
    let rows: Vec<_> = found
        .iter()
        .map(|conflict| {
            (
                conflicts::import_id.eq(import_id),
                conflicts::booking_id.eq(conflict.booking_id),
                conflicts::busy_starts_at.eq(conflict.busy_starts_at),
                conflicts::busy_ends_at.eq(conflict.busy_ends_at),
                conflicts::told_at.eq(now.to_diesel()),
            )
        })
        .collect();
    diesel::insert_into(conflicts::table).values(rows).execute(conn).await?;
    Ok(())
}

/// The zone of a room's studio.
pub async fn find_zone_of(conn: &mut Conn, room_id: RoomId) -> Result<Option<String>, Error> {
    let zone = rooms::table.inner_join(studios::table).filter(rooms::id.eq(room_id)).select(studios::time_zone);
    Ok(zone.first(conn).await.optional()?)
}
