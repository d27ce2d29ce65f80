//! Reading a room's calendar: its rules and prices, what occupies it, and how many of its add-ons are in use.
//!
//! What belongs together is asked in one flight: the statements are sent at once and answered in order, so that a
//! booking waits for the database once before it takes the room's lock.

mod busy;

pub use busy::{PeriodRow, period};

use diesel::{
    BoolExpressionMethods, ExpressionMethods, JoinOnDsl, NullableExpressionMethods, OptionalExtension,
    PgExpressionMethods, QueryDsl, Queryable, QueryableByName, SelectableHelper, sql_types,
};
use diesel_async::RunQueryDsl;
use futures_util::{future::try_join_all, try_join};
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{AddOnId, BookingId, RoomId, StudioId};
use store::{Conn, Error};

use self::busy::{Taken, taken};
use super::model::{RoomCalendar, Use};
use crate::{
    hours::{
        model::Hours,
        store::{find_hours, hours_of_room},
    },
    interval::Interval,
    local_time,
    prices::{
        model::PriceList,
        store::{find_price_lists, price_list_of_room},
    },
    rooms::{model::Room, store::RoomRow},
    schema::{add_ons, booking_add_ons, bookings, companies, price_lists, rooms, studios},
};

/// A room with what it takes to book it.
#[derive(Debug)]
pub struct Bookable {
    pub calendar: RoomCalendar,
    pub prices: Option<PriceList>,
    /// The studio's, read before its hours were: where it is still the same, so are they.
    pub studio_version: i64,
}

/// `None` when one of the rooms is not there. Without blackouts: for what rooms cost, not for whether they can be had.
pub async fn find_bookables(conn: &mut Conn, room_ids: &[RoomId]) -> Result<Option<Vec<Bookable>>, Error> {
    let conn: &Conn = conn;
    let rooms = try_join_all(room_ids.iter().map(|room_id| bookable(conn, *room_id))).await?;
    Ok(rooms.into_iter().collect())
}

/// Rooms with what occupies each of them in a window, in their order.
pub type BookablesAndBusy = (Vec<Bookable>, Vec<Vec<Interval>>);

/// The same with what occupies the rooms in a window, and their blackouts there.
pub async fn find_bookables_and_busy(
    conn: &mut Conn,
    room_ids: &[RoomId],
    window: Interval,
    now: Timestamp,
) -> Result<Option<BookablesAndBusy>, Error> {
    let conn: &Conn = conn;
    let each = try_join_all(room_ids.iter().map(|room_id| bookable(conn, *room_id)));
    let (found, taken) = try_join!(each, taken(conn, room_ids, window, now))?;
    let rooms: Option<Vec<Bookable>> = found.into_iter().collect();
    Ok(rooms.map(|rooms| with_taken(rooms, taken)))
}

/// Adds to rooms what occupies them in a window, and their blackouts there.
pub async fn find_busy(
    conn: &mut Conn,
    rooms: Vec<Bookable>,
    window: Interval,
    now: Timestamp,
) -> Result<BookablesAndBusy, Error> {
    let room_ids: Vec<RoomId> = rooms.iter().map(|room| room.calendar.room.id).collect();
    Ok(with_taken(rooms, taken(conn, &room_ids, window, now).await?))
}

fn with_taken(mut rooms: Vec<Bookable>, mut taken: Taken) -> BookablesAndBusy {
    let mut busy = Vec::with_capacity(rooms.len());
    for room in &mut rooms {
        let id = room.calendar.room.id;
        room.calendar.blackouts = taken.blackouts.remove(&id).unwrap_or_default();
        busy.push(taken.busy.remove(&id).unwrap_or_default());
    }
    (rooms, busy)
}

/// A page of a studio's rooms that have prices. A constant number of statements, however many rooms there are.
pub async fn list_bookables(
    conn: &mut Conn,
    studio_id: StudioId,
    after: Option<RoomId>,
    limit: i64,
) -> Result<Vec<Bookable>, Error> {
    let placed = rooms_of(conn, studio_id, after, limit).await?;
    let ids: Vec<RoomId> = placed.iter().map(|(room, ..)| room.id()).collect();
    let mut prices = find_price_lists(conn, &ids).await?;
    let hours = find_hours(conn, studio_id).await?;
    let bookable = |placed: PlacedRoom| {
        let (studio_version, calendar) = (placed.4, calendar(placed, hours.clone()));
        Bookable { prices: prices.remove(&calendar.room.id), calendar, studio_version }
    };
    Ok(placed.into_iter().map(bookable).collect())
}

async fn rooms_of(
    conn: &mut Conn,
    studio_id: StudioId,
    after: Option<RoomId>,
    limit: i64,
) -> Result<Vec<PlacedRoom>, Error> {
    let rows = rooms::table
        .inner_join(studios::table.on(studios::id.eq(rooms::studio_id)))
        .inner_join(companies::table.on(companies::id.eq(rooms::company_id)))
        .inner_join(price_lists::table.on(price_lists::room_id.eq(rooms::id)))
        .filter(rooms::studio_id.eq(studio_id))
        .filter(rooms::deleted_at.is_null())
        .filter(companies::closed.eq(false))
        .filter(rooms::id.gt(after.unwrap_or(RoomId::from_uuid(uuid::Uuid::nil()))))
        .order(rooms::id)
        .limit(limit)
        .select((RoomRow::as_select(), studios::name, studios::time_zone, companies::country, studios::version))
        .load(conn)
        .await?;
    Ok(rows)
}

#[derive(QueryableByName)]
struct Overlap {
    #[diesel(sql_type = sql_types::Bool)]
    overlap: bool,
}

/// True when using all the rooms would use some room twice: one of them stands for another.
pub async fn rooms_overlap(conn: &mut Conn, room_ids: &[RoomId]) -> Result<bool, Error> {
    let overlap: Overlap = diesel::sql_query(
        "SELECT count(*) > count(DISTINCT covered.id) AS overlap
         FROM unnest($1) AS asked (id), room_footprint(asked.id) AS covered (id)",
    )
    .bind::<sql_types::Array<sql_types::Uuid>, _>(room_ids.to_vec())
    .get_result(conn)
    .await?;
    Ok(overlap.overlap)
}

async fn bookable(conn: &Conn, room_id: RoomId) -> Result<Option<Bookable>, Error> {
    let (room, hours, prices) =
        try_join!(room_of(conn, room_id), hours_of_room(conn, room_id), price_list_of_room(conn, room_id))?;
    let Some(room) = room else { return Ok(None) };
    let studio_version = room.4;
    Ok(Some(Bookable { calendar: calendar(room, hours), prices, studio_version }))
}

/// A room, the name and the zone of its studio, the country of its company, the version of its studio.
type PlacedRoom = (RoomRow, String, String, String, i64);

fn calendar((room, studio_name, time_zone, company_country, _): PlacedRoom, hours: Hours) -> RoomCalendar {
    let zone = local_time::stored_zone(&time_zone);
    let (room, blackouts) = (Room::from(room), Vec::new());
    RoomCalendar { room, studio_name, company_country, time_zone, zone, hours, blackouts }
}

async fn room_of(mut conn: &Conn, room_id: RoomId) -> Result<Option<PlacedRoom>, Error> {
    let row = rooms::table
        .inner_join(studios::table.on(studios::id.eq(rooms::studio_id)))
        .inner_join(companies::table.on(companies::id.eq(rooms::company_id)))
        .filter(rooms::id.eq(room_id))
        .filter(rooms::deleted_at.is_null())
        // Nothing new begins at a closed company.
        .filter(companies::closed.eq(false))
        .select((RoomRow::as_select(), studios::name, studios::time_zone, companies::country, studios::version))
        .get_result(&mut conn)
        .await
        .optional()?;
    Ok(row)
}

/// A chosen add-on of which there are only so many.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct StockRow {
    pub add_on_id: AddOnId,
    pub stock: i32,
    pub shared: bool,
    pub studio_id: StudioId,
    pub name: String,
}

/// Those of some add-ons that are stocked.
pub async fn find_stocks(conn: &mut Conn, ids: &[AddOnId]) -> Result<Vec<StockRow>, Error> {
    let stocked = add_ons::table
        .inner_join(rooms::table)
        .filter(add_ons::id.eq_any(ids))
        .filter(add_ons::stock.is_not_null())
        .select((
            add_ons::id,
            add_ons::stock.assume_not_null(),
            add_ons::stock_shared,
            rooms::studio_id,
            add_ons::name,
        ));
    Ok(stocked.load(conn).await?)
}

/// The add-ons of a studio's rooms that draw on the same stock; also those that are on no list any more, and still booked.
pub async fn find_sharing(conn: &mut Conn, studio_id: StudioId, name: &str) -> Result<Vec<AddOnId>, Error> {
    let sharing = add_ons::table
        .inner_join(rooms::table)
        .filter(rooms::studio_id.eq(studio_id))
        .filter(add_ons::name.eq(name))
        .filter(add_ons::stock_shared);
    Ok(sharing.select(add_ons::id).load(conn).await?)
}

/// Whoever takes from a shared stock waits here for whoever does, until that transaction ends; several in one order.
pub async fn lock_pools(conn: &mut Conn, mut names: Vec<String>) -> Result<(), Error> {
    names.sort_unstable();
    for name in names {
        diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind::<sql_types::Text, _>(name)
            .execute(conn)
            .await?;
    }
    Ok(())
}

/// Start, end, quantity, and the last change.
type UseRow = (jiff_diesel::Timestamp, jiff_diesel::Timestamp, i32, jiff_diesel::Timestamp);

/// How many of some add-ons other bookings use in an interval, and when each of these was last changed.
pub async fn uses_of(
    conn: &mut Conn,
    add_ons: &[AddOnId],
    interval: Interval,
    except: Option<BookingId>,
    now: Timestamp,
) -> Result<Vec<(Use, Timestamp)>, Error> {
    let rows: Vec<UseRow> = booking_add_ons::table
        .inner_join(bookings::table)
        .filter(booking_add_ons::add_on_id.eq_any(add_ons))
        .filter(bookings::id.nullable().is_distinct_from(except))
        .filter(bookings::starts_at.lt(interval.end().to_diesel()))
        .filter(bookings::ends_at.gt(interval.start().to_diesel()))
        .filter(
            bookings::status
                .eq_any(["confirmed", "completed"])
                .or(bookings::status.eq("held").and(bookings::hold_expires_at.assume_not_null().gt(now.to_diesel()))),
        )
        .select((bookings::starts_at, bookings::ends_at, booking_add_ons::quantity, bookings::updated_at))
        .load(conn)
        .await?;
    let used = |(start, end, quantity, changed_at): UseRow| {
        let interval = Interval::new(start.to_jiff(), end.to_jiff())?;
        Some((Use { interval, quantity }, changed_at.to_jiff()))
    };
    Ok(rows.into_iter().filter_map(used).collect())
}
