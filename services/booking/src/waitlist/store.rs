//! Rows of the waitlist, and of what has become free where somebody waits.

use std::collections::HashMap;

use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, NullableExpressionMethods, OptionalExtension, QueryDsl,
    Queryable, QueryableByName, Selectable, SelectableHelper, sql_types,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{BookingId, CompanyId, RoomId, StudioId, UserId, WaitlistEntryId};
use store::{Conn, Error};
use uuid::Uuid;

use super::model::Entry;
use crate::{
    bookings::{
        model::Booking,
        store::{Access, find_bookings},
    },
    interval::Interval,
    schema::{companies, rooms, studios, waitlist_entries as entries, waitlist_openings as openings},
};

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = entries, treat_none_as_default_value = false)]
struct EntryRow {
    id: WaitlistEntryId,
    version: i64,
    company_id: CompanyId,
    studio_id: StudioId,
    room_id: Option<RoomId>,
    customer_user_id: UserId,
    window_starts_at: jiff_diesel::Timestamp,
    window_ends_at: jiff_diesel::Timestamp,
    minutes: i32,
    party_size: Option<i32>,
    status: String,
    booking_id: Option<BookingId>,
    created_at: jiff_diesel::Timestamp,
}

fn status(entry: &Entry) -> &'static str {
    match &entry.offer {
        _ if entry.left => "left",
        Some(_) if entry.accepted => "accepted",
        Some(_) => "offered",
        None => "waiting",
    }
}

impl EntryRow {
    fn with_offer(self, offers: &mut HashMap<BookingId, Booking>) -> Option<Entry> {
        Some(Entry {
            id: self.id,
            version: self.version,
            company_id: self.company_id,
            studio_id: self.studio_id,
            room_id: self.room_id,
            customer_id: self.customer_user_id,
            window: Interval::new(self.window_starts_at.to_jiff(), self.window_ends_at.to_jiff())?,
            minutes: self.minutes,
            party_size: self.party_size,
            left: self.status == "left",
            accepted: self.status == "accepted",
            offer: self.booking_id.and_then(|id| offers.remove(&id)),
            created_at: self.created_at.to_jiff(),
        })
    }
}

async fn whole(conn: &mut Conn, rows: Vec<EntryRow>) -> Result<Vec<Entry>, Error> {
    let ids: Vec<BookingId> = rows.iter().filter_map(|row| row.booking_id).collect();
    let found = if ids.is_empty() { Vec::new() } else { find_bookings(conn, &ids).await? };
    let mut offers: HashMap<BookingId, Booking> = found.into_iter().map(|booking| (booking.id, booking)).collect();
    Ok(rows.into_iter().filter_map(|row| row.with_offer(&mut offers)).collect())
}

pub async fn insert_entry(conn: &mut Conn, entry: &Entry) -> Result<(), Error> {
    let row = EntryRow {
        id: entry.id,
        version: entry.version,
        company_id: entry.company_id,
        studio_id: entry.studio_id,
        room_id: entry.room_id,
        customer_user_id: entry.customer_id,
        window_starts_at: entry.window.start().to_diesel(),
        window_ends_at: entry.window.end().to_diesel(),
        minutes: entry.minutes,
        party_size: entry.party_size,
        status: status(entry).to_owned(),
        booking_id: None,
        created_at: entry.created_at.to_diesel(),
    };
    let values = (row, entries::updated_at.eq(entry.created_at.to_diesel()));
    diesel::insert_into(entries::table).values(values).execute(conn).await?;
    Ok(())
}

/// The entry is locked.
pub async fn update_entry(conn: &mut Conn, entry: &Entry, now: Timestamp) -> Result<(), Error> {
    let updated = diesel::update(entries::table.find(entry.id))
        .set((
            entries::version.eq(entry.version),
            entries::status.eq(status(entry)),
            entries::booking_id.eq(entry.offer.as_ref().map(|booking| booking.id)),
            entries::updated_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    if updated == 1 { Ok(()) } else { Err(diesel::result::Error::NotFound.into()) }
}

pub async fn find_entry(conn: &mut Conn, id: WaitlistEntryId, access: &Access) -> Result<Option<Entry>, Error> {
    let seen = entries::customer_user_id
        .nullable()
        .eq(Some(access.user_id))
        .or(entries::company_id.nullable().eq_any(access.companies.iter().map(|id| Some(*id))));
    let row = entries::table.find(id).filter(seen).select(EntryRow::as_select()).first(conn).await.optional()?;
    Ok(whole(conn, row.into_iter().collect()).await?.pop())
}

/// Whoever changes an entry holds its lock, before those of rooms.
pub async fn lock_entry(conn: &mut Conn, id: WaitlistEntryId) -> Result<Option<Entry>, Error> {
    let row = entries::table.find(id).select(EntryRow::as_select()).for_no_key_update().first(conn).await.optional()?;
    Ok(whole(conn, row.into_iter().collect()).await?.pop())
}

/// Whose entries.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    Company(CompanyId),
    Customer(UserId),
}

/// The newest first.
pub async fn list_entries(
    conn: &mut Conn,
    whose: Whose,
    after: Option<WaitlistEntryId>,
    limit: i64,
) -> Result<Vec<Entry>, Error> {
    let mut query = entries::table.into_boxed();
    query = match whose {
        Whose::Company(id) => query.filter(entries::company_id.eq(id)),
        Whose::Customer(id) => query.filter(entries::customer_user_id.eq(id)),
    };
    if let Some(after) = after {
        query = query.filter(entries::id.lt(after));
    }
    let rows = query.order(entries::id.desc()).limit(limit).select(EntryRow::as_select()).load(conn).await?;
    whole(conn, rows).await
}

/// How many places a customer has in queues whose window is not over.
pub async fn count_waiting(conn: &mut Conn, customer_id: UserId, now: Timestamp) -> Result<i64, Error> {
    let waiting = entries::table
        .filter(entries::customer_user_id.eq(customer_id))
        .filter(entries::status.eq("waiting"))
        .filter(entries::window_ends_at.gt(now.to_diesel()));
    Ok(waiting.count().get_result(conn).await?)
}

/// Those who wait at a studio for something that overlaps an interval, in the order they joined.
pub async fn find_waiting(
    conn: &mut Conn,
    studio_id: StudioId,
    interval: Interval,
    after: Option<WaitlistEntryId>,
    limit: i64,
) -> Result<Vec<WaitlistEntryId>, Error> {
    let waiting = entries::table
        .filter(entries::studio_id.eq(studio_id))
        .filter(entries::status.eq("waiting"))
        .filter(entries::window_starts_at.lt(interval.end().to_diesel()))
        .filter(entries::window_ends_at.gt(interval.start().to_diesel()))
        .filter(entries::id.gt(after.unwrap_or(WaitlistEntryId::from_uuid(Uuid::nil()))));
    Ok(waiting.order(entries::id).limit(limit).select(entries::id).load(conn).await?)
}

/// Time that has become free.
#[derive(Debug, Clone, Copy)]
pub struct Opening {
    pub id: Uuid,
    pub studio_id: StudioId,
    pub period: Interval,
}

#[derive(QueryableByName)]
struct OpeningRow {
    #[diesel(sql_type = sql_types::Uuid)]
    id: Uuid,
    #[diesel(sql_type = sql_types::Uuid)]
    studio_id: StudioId,
    #[diesel(sql_type = sql_types::Timestamptz)]
    starts_at: jiff_diesel::Timestamp,
    #[diesel(sql_type = sql_types::Timestamptz)]
    ends_at: jiff_diesel::Timestamp,
}

/// One that nobody else is handling, locked until the transaction ends.
pub async fn lock_opening(conn: &mut Conn) -> Result<Option<Opening>, Error> {
    let row: Option<OpeningRow> = diesel::sql_query(
        "SELECT id, studio_id, lower(period) AS starts_at, upper(period) AS ends_at FROM waitlist_openings
         ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED",
    )
    .get_result(conn)
    .await
    .optional()?;
    let opening = |row: OpeningRow| {
        let period = Interval::new(row.starts_at.to_jiff(), row.ends_at.to_jiff())?;
        Some(Opening { id: row.id, studio_id: row.studio_id, period })
    };
    Ok(row.and_then(opening))
}

pub async fn delete_opening(conn: &mut Conn, id: Uuid) -> Result<(), Error> {
    diesel::delete(openings::table.find(id)).execute(conn).await?;
    Ok(())
}

/// Company and studio of a room; `None` at a company that takes no bookings.
pub async fn find_studio_of_room(conn: &mut Conn, id: RoomId) -> Result<Option<(CompanyId, StudioId)>, Error> {
    let found = rooms::table
        .inner_join(companies::table)
        .filter(rooms::id.eq(id))
        .filter(companies::closed.eq(false))
        .select((rooms::company_id, rooms::studio_id));
    Ok(found.first(conn).await.optional()?)
}

pub async fn find_company_of_studio(conn: &mut Conn, id: StudioId) -> Result<Option<CompanyId>, Error> {
    let found = studios::table
        .inner_join(companies::table)
        .filter(studios::id.eq(id))
        .filter(companies::closed.eq(false))
        .select(studios::company_id);
    Ok(found.first(conn).await.optional()?)
}

/// More rooms than any studio has.
const MOST_ROOMS: i64 = 200;

/// Those that are there.
pub async fn rooms_of_studio(conn: &mut Conn, id: StudioId) -> Result<Vec<RoomId>, Error> {
    let there = rooms::table.filter(rooms::studio_id.eq(id)).filter(rooms::deleted_at.is_null());
    Ok(there.order(rooms::id).limit(MOST_ROOMS).select(rooms::id).load(conn).await?)
}

/// Somebody who is no more waits for nothing.
pub async fn leave_all(conn: &mut Conn, customer_id: UserId) -> Result<(), Error> {
    let waiting =
        entries::table.filter(entries::customer_user_id.eq(customer_id)).filter(entries::status.eq("waiting"));
    diesel::update(waiting)
        .set((entries::status.eq("left"), entries::version.eq(entries::version + 1)))
        .execute(conn)
        .await?;
    Ok(())
}
