//! Rows of rooms. A deleted one is found by nobody; its row stays for what refers to it.

use diesel::{
    AsChangeset, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, Selectable, SelectableHelper,
    sql_types,
};
use diesel_async::RunQueryDsl;
use jiff_diesel::{Timestamp, ToDiesel};
use kernel::{CompanyId, RoomId, StudioId};
use store::{Conn, Error, sql::statement};

use super::model::{BookingMode, Room, RoomPage, RoomSettings};
use crate::{
    calendars::store as calendars, equipment::store as equipment, photos::store as photos, prices::store as prices,
    schema::rooms,
};

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

impl RoomRow {
    pub fn id(&self) -> RoomId {
        self.id
    }
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
    let there = rooms::table.find(id).filter(rooms::company_id.eq(company_id)).filter(rooms::deleted_at.is_null());
    let updated = diesel::update(there)
        .set((
            SettingsRow::from(settings),
            rooms::version.eq(rooms::version + 1),
            rooms::updated_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    if updated == 1 { Ok(()) } else { Err(diesel::result::Error::NotFound.into()) }
}

/// Where the room is and whose it is.
#[derive(Debug, Clone, Copy)]
pub struct Whereabouts {
    pub studio_id: StudioId,
    pub company_id: CompanyId,
}

pub async fn find_whereabouts(conn: &mut Conn, id: RoomId) -> Result<Option<Whereabouts>, Error> {
    let there = rooms::table.find(id).filter(rooms::deleted_at.is_null());
    let found: Option<(StudioId, CompanyId)> =
        there.select((rooms::studio_id, rooms::company_id)).first(conn).await.optional()?;
    Ok(found.map(|(studio_id, company_id)| Whereabouts { studio_id, company_id }))
}

pub async fn find_room_page(conn: &mut Conn, id: RoomId) -> Result<Option<RoomPage>, Error> {
    let there = rooms::table.find(id).filter(rooms::deleted_at.is_null());
    let row = there.select(RoomRow::as_select()).first(conn).await.optional()?;
    Ok(completed(conn, row.into_iter().collect()).await?.pop())
}

pub async fn list_rooms(
    conn: &mut Conn,
    studio_id: StudioId,
    after: Option<RoomId>,
    limit: i64,
) -> Result<Vec<RoomPage>, Error> {
    let rows = rooms::table
        .filter(rooms::studio_id.eq(studio_id))
        .filter(rooms::deleted_at.is_null())
        .filter(rooms::id.gt(after.unwrap_or(RoomId::from_uuid(uuid::Uuid::nil()))))
        .order(rooms::id)
        .limit(limit)
        .select(RoomRow::as_select())
        .load(conn)
        .await?;
    completed(conn, rows).await
}

/// With what stands in other tables: one query each, however many rooms they are.
async fn completed(conn: &mut Conn, rows: Vec<RoomRow>) -> Result<Vec<RoomPage>, Error> {
    let ids: Vec<RoomId> = rows.iter().map(|row| row.id).collect();
    let mut lists = prices::find_price_lists(conn, &ids).await?;
    let mut photos = photos::find_shown(conn, &ids).await?;
    let mut equipment = equipment::find_of_rooms(conn, &ids).await?;
    let page = |row: RoomRow| RoomPage {
        prices: lists.remove(&row.id),
        photos: photos.remove(&row.id).unwrap_or_default(),
        equipment: equipment.remove(&row.id).unwrap_or_default(),
        room: row.into(),
    };
    Ok(rows.into_iter().map(page).collect())
}

pub async fn list_rooms_of_page(conn: &mut Conn, studio_id: StudioId) -> Result<Vec<RoomPage>, Error> {
    list_rooms(conn, studio_id, None, PAGE_ROOMS).await
}

pub async fn find_company_of(conn: &mut Conn, id: RoomId) -> Result<Option<CompanyId>, Error> {
    Ok(find_whereabouts(conn, id).await?.map(|found| found.company_id))
}

/// Whoever changes the calendar of rooms holds the locks of these and of all they stand for, and takes `now` after
/// them. They are taken in the order of ids. Rows that refer to the rooms can still be inserted by others. May be one of
/// several statements in flight; those after it see what was committed while it waited.
pub async fn lock_rooms(mut conn: &Conn, ids: &[RoomId]) -> Result<(), Error> {
    let lock = statement::<sql_types::Uuid>(
        "SELECT r.id FROM rooms r
         WHERE r.id IN (SELECT covered.id FROM unnest((SELECT ?)) AS asked (id), room_footprint(asked.id) AS covered (id))
         ORDER BY r.id FOR NO KEY UPDATE OF r",
    );
    let _: Vec<uuid::Uuid> = lock.bind::<sql_types::Array<sql_types::Uuid>, _>(ids.to_vec()).load(&mut conn).await?;
    Ok(())
}

/// The locks of all rooms of a studio, in the order of their ids. The studio is locked before.
pub async fn lock_rooms_of(conn: &mut Conn, studio_id: StudioId) -> Result<(), Error> {
    let rooms_of = rooms::table.filter(rooms::studio_id.eq(studio_id)).filter(rooms::deleted_at.is_null());
    let _: Vec<RoomId> = rooms_of.select(rooms::id).order(rooms::id).for_no_key_update().load(conn).await?;
    Ok(())
}

/// The rows stay; photos are no longer shown, and swept; calendars are imported no more. The room is locked.
pub async fn delete_room(conn: &mut Conn, id: RoomId, now: jiff::Timestamp) -> Result<(), Error> {
    let deleted = rooms::deleted_at.eq(now.to_diesel());
    let there = rooms::table.find(id).filter(rooms::deleted_at.is_null());
    let ids: Vec<RoomId> = diesel::update(there)
        .set((deleted, rooms::updated_at.eq(now.to_diesel()), rooms::version.eq(rooms::version + 1)))
        .returning(rooms::id)
        .get_results(conn)
        .await?;
    if ids.len() != 1 {
        return Err(diesel::result::Error::NotFound.into());
    }
    leave(conn, &ids, now).await
}

/// What would go on without anybody who could stop it: rooms that are gone show no photos and read no calendars.
async fn leave(conn: &mut Conn, ids: &[RoomId], now: jiff::Timestamp) -> Result<(), Error> {
    calendars::delete_imports_of(conn, ids).await?;
    photos::discard_all(conn, ids, now).await
}

/// The same for all that a studio has left.
pub async fn delete_rooms_of(conn: &mut Conn, studio_id: StudioId, now: jiff::Timestamp) -> Result<(), Error> {
    let deleted = rooms::deleted_at.eq(now.to_diesel());
    let there = rooms::table.filter(rooms::studio_id.eq(studio_id)).filter(rooms::deleted_at.is_null());
    let ids: Vec<RoomId> = diesel::update(there)
        .set((deleted, rooms::updated_at.eq(now.to_diesel()), rooms::version.eq(rooms::version + 1)))
        .returning(rooms::id)
        .get_results(conn)
        .await?;
    leave(conn, &ids, now).await
}
