//! Rows of rooms.

use diesel::{
    AsChangeset, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, Selectable, SelectableHelper,
    sql_types,
};
use diesel_async::RunQueryDsl;
use jiff_diesel::{Timestamp, ToDiesel};
use kernel::{CompanyId, RoomId, StudioId};
use store::{Conn, Error, sql::statement};

use super::model::{BookingMode, PricedRoom, Room, RoomSettings};
use crate::{prices::store as prices, schema::rooms};

/// More rooms than any studio page shows.
const PAGE_ROOMS: i64 = 200;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = rooms)]
pub struct RoomRow {
    id: RoomId,
    studio_id: StudioId,
    company_id: CompanyId,
    #[diesel(embed)]
    settings: SettingsRow,
    created_at: Timestamp,
}

#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = rooms, treat_none_as_null = true)]
pub struct SettingsRow {
    name: String,
    capacity: i32,
    min_duration_minutes: i32,
    max_duration_minutes: Option<i32>,
    slot_step_minutes: i32,
    turnaround_minutes: i32,
    min_notice_minutes: i32,
    max_advance_days: i32,
    hold_minutes: i32,
    free_cancellation_minutes: i32,
    booking_mode: String,
}

impl From<&RoomSettings> for SettingsRow {
    fn from(settings: &RoomSettings) -> Self {
        Self {
            name: settings.name.clone(),
            capacity: settings.capacity,
            min_duration_minutes: settings.min_duration_minutes,
            max_duration_minutes: settings.max_duration_minutes,
            slot_step_minutes: settings.slot_step_minutes,
            turnaround_minutes: settings.turnaround_minutes,
            min_notice_minutes: settings.min_notice_minutes,
            max_advance_days: settings.max_advance_days,
            hold_minutes: settings.hold_minutes,
            free_cancellation_minutes: settings.free_cancellation_minutes,
            booking_mode: settings.booking_mode.as_str().to_owned(),
        }
    }
}

impl From<RoomRow> for Room {
    fn from(row: RoomRow) -> Self {
        let settings = RoomSettings {
            name: row.settings.name,
            capacity: row.settings.capacity,
            min_duration_minutes: row.settings.min_duration_minutes,
            max_duration_minutes: row.settings.max_duration_minutes,
            slot_step_minutes: row.settings.slot_step_minutes,
            turnaround_minutes: row.settings.turnaround_minutes,
            min_notice_minutes: row.settings.min_notice_minutes,
            max_advance_days: row.settings.max_advance_days,
            hold_minutes: row.settings.hold_minutes,
            free_cancellation_minutes: row.settings.free_cancellation_minutes,
            booking_mode: BookingMode::from_column(&row.settings.booking_mode),
        };
        Self {
            id: row.id,
            studio_id: row.studio_id,
            company_id: row.company_id,
            settings,
            created_at: row.created_at.to_jiff(),
        }
    }
}

pub async fn insert_room(conn: &mut Conn, room: &Room) -> Result<(), Error> {
    diesel::insert_into(rooms::table)
        .values((
            rooms::id.eq(room.id),
            rooms::studio_id.eq(room.studio_id),
            rooms::company_id.eq(room.company_id),
            SettingsRow::from(&room.settings),
            rooms::created_at.eq(room.created_at.to_diesel()),
            rooms::updated_at.eq(room.created_at.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn update_room(
    conn: &mut Conn,
    id: RoomId,
    company_id: CompanyId,
    settings: &RoomSettings,
    now: jiff::Timestamp,
) -> Result<(), Error> {
    let updated = diesel::update(rooms::table.find(id).filter(rooms::company_id.eq(company_id)))
        .set((
            SettingsRow::from(settings),
            rooms::version.eq(rooms::version + 1),
            rooms::updated_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    if updated == 1 { Ok(()) } else { Err(diesel::result::Error::NotFound.into()) }
}

pub async fn find_room(conn: &mut Conn, id: RoomId) -> Result<Option<Room>, Error> {
    let row = rooms::table.find(id).select(RoomRow::as_select()).first(conn).await.optional()?;
    Ok(row.map(Room::from))
}

pub async fn find_priced_room(conn: &mut Conn, id: RoomId) -> Result<Option<PricedRoom>, Error> {
    let Some(room) = find_room(conn, id).await? else { return Ok(None) };
    let prices = prices::find_price_list(conn, id).await?;
    Ok(Some(PricedRoom { room, prices }))
}

pub async fn list_rooms(
    conn: &mut Conn,
    studio_id: StudioId,
    after: Option<RoomId>,
    limit: i64,
) -> Result<Vec<PricedRoom>, Error> {
    let rows = rooms::table
        .filter(rooms::studio_id.eq(studio_id))
        .filter(rooms::id.gt(after.unwrap_or(RoomId::from_uuid(uuid::Uuid::nil()))))
        .order(rooms::id)
        .limit(limit)
        .select(RoomRow::as_select())
        .load(conn)
        .await?;
    let ids: Vec<RoomId> = rows.iter().map(|row| row.id).collect();
    let mut lists = prices::find_price_lists(conn, &ids).await?;
    Ok(rows.into_iter().map(|row| PricedRoom { prices: lists.remove(&row.id), room: row.into() }).collect())
}

pub async fn list_rooms_of_page(conn: &mut Conn, studio_id: StudioId) -> Result<Vec<PricedRoom>, Error> {
    list_rooms(conn, studio_id, None, PAGE_ROOMS).await
}

pub async fn find_company_of(conn: &mut Conn, id: RoomId) -> Result<Option<CompanyId>, Error> {
    Ok(rooms::table.find(id).select(rooms::company_id).first(conn).await.optional()?)
}

/// Whoever changes the calendar of rooms holds the locks of these and of all they stand for, and takes `now` after
/// them. They are taken in the order of ids. Rows that refer to the rooms can still be inserted by others.
pub async fn lock_rooms(conn: &mut Conn, ids: &[RoomId]) -> Result<(), Error> {
    let lock = statement::<sql_types::Uuid>(
        "SELECT r.id FROM rooms r
         WHERE r.id IN (SELECT covered.id FROM unnest(?) AS asked (id), room_footprint(asked.id) AS covered (id))
         ORDER BY r.id FOR NO KEY UPDATE OF r",
    );
    let _: Vec<uuid::Uuid> = lock.bind::<sql_types::Array<sql_types::Uuid>, _>(ids.to_vec()).load(conn).await?;
    Ok(())
}
