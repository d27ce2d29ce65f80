//! Rows of equipment.

use std::collections::HashMap;

use diesel::{ExpressionMethods, PgExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use kernel::{RoomId, StudioId};
use store::{Conn, Error};

use super::model::{Item, Place};
use crate::schema::equipment;

type ItemRow = (String, String, i32);

fn item((key, name, quantity): ItemRow) -> Item {
    Item { key, name, quantity }
}

pub async fn list_items(conn: &mut Conn, place: Place) -> Result<Vec<Item>, Error> {
    let rows: Vec<ItemRow> = equipment::table
        .filter(equipment::studio_id.eq(place.studio_id))
        .filter(equipment::room_id.is_not_distinct_from(place.room_id))
        .order(equipment::position)
        .select((equipment::key, equipment::name, equipment::quantity))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(item).collect())
}

pub async fn list_of_studio(conn: &mut Conn, studio_id: StudioId) -> Result<Vec<Item>, Error> {
    list_items(conn, Place { studio_id, room_id: None }).await
}

pub async fn find_of_rooms(conn: &mut Conn, rooms: &[RoomId]) -> Result<HashMap<RoomId, Vec<Item>>, Error> {
    let rows: Vec<(Option<RoomId>, String, String, i32)> = equipment::table
        .filter(equipment::room_id.eq_any(rooms))
        .order((equipment::room_id, equipment::position))
        .select((equipment::room_id, equipment::key, equipment::name, equipment::quantity))
        .load(conn)
        .await?;
    let mut found: HashMap<RoomId, Vec<Item>> = HashMap::new();
    for (room_id, key, name, quantity) in rows {
        if let Some(room_id) = room_id {
            found.entry(room_id).or_default().push(Item { key, name, quantity });
        }
    }
    Ok(found)
}

/// The caller holds the studio's lock.
pub async fn replace_items(conn: &mut Conn, place: Place, items: &[Item]) -> Result<(), Error> {
    let before = equipment::table
        .filter(equipment::studio_id.eq(place.studio_id))
        .filter(equipment::room_id.is_not_distinct_from(place.room_id));
    diesel::delete(before).execute(conn).await?;
    let rows: Vec<_> = (0_i32..)
        .zip(items)
        .map(|(position, item)| {
            (
                equipment::id.eq(kernel::new_uuid()),
                equipment::studio_id.eq(place.studio_id),
                equipment::room_id.eq(place.room_id),
                equipment::key.eq(&item.key),
                equipment::name.eq(&item.name),
                equipment::quantity.eq(item.quantity),
                equipment::position.eq(position),
            )
        })
        .collect();
    diesel::insert_into(equipment::table).values(rows).execute(conn).await?;
    Ok(())
}

/// False where the list has no such thing.
pub async fn remove_item(conn: &mut Conn, place: Place, key: &str) -> Result<bool, Error> {
    let theirs = equipment::table
        .filter(equipment::studio_id.eq(place.studio_id))
        .filter(equipment::room_id.is_not_distinct_from(place.room_id))
        .filter(equipment::key.eq(key));
    Ok(diesel::delete(theirs).execute(conn).await? == 1)
}
