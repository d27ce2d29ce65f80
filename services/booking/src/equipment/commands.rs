//! Setting and reading what stands where.

use kernel::{RoomId, StudioId};
use problem::Problem;
use service_kit::Caller;

use super::{
    EquipmentError,
    model::{Item, Place},
    store as equipment,
};
use crate::{rooms::store as rooms, startup::App, studios::store as studios};

/// The studio's own list.
pub async fn place_of_studio(app: &App, studio_id: StudioId) -> Result<Place, EquipmentError> {
    let company = studios::find_company_of(&mut *app.db.conn().await?, studio_id).await?;
    company.map(|_| Place { studio_id, room_id: None }).ok_or(EquipmentError::NotFound)
}

pub async fn place_of_room(app: &App, room_id: RoomId) -> Result<Place, EquipmentError> {
    let found = rooms::find_whereabouts(&mut *app.db.conn().await?, room_id).await?;
    let place = found.map(|found| Place { studio_id: found.studio_id, room_id: Some(room_id) });
    place.ok_or(EquipmentError::NotFound)
}

pub async fn list_items(app: &App, place: Place) -> Result<Vec<Item>, EquipmentError> {
    Ok(equipment::list_items(&mut *app.db.conn().await?, place).await?)
}

/// Replaces a list of a company that the caller manages.
pub async fn replace_items(app: &App, caller: &Caller, place: Place, items: &[Item]) -> Result<Vec<Item>, Problem> {
    ensure_manager(app, caller, place).await?;
    let replaced = app.db.transaction(async |conn| {
        if !studios::lock_studio(conn, place.studio_id).await? {
            return Err(EquipmentError::NotFound);
        }
        Ok(equipment::replace_items(conn, place, items).await?)
    });
    replaced.await?;
    Ok(list_items(app, place).await?)
}

pub async fn remove_item(app: &App, caller: &Caller, place: Place, key: &str) -> Result<(), Problem> {
    ensure_manager(app, caller, place).await?;
    let removed = equipment::remove_item(&mut *app.db.conn().await?, place, key).await?;
    if removed { Ok(()) } else { Err(EquipmentError::NotFound.into()) }
}

async fn ensure_manager(app: &App, caller: &Caller, place: Place) -> Result<(), Problem> {
    let company = studios::find_company_of(&mut *app.db.conn().await?, place.studio_id).await?;
    caller.manager_of(company.ok_or_else(Problem::not_found)?)?;
    Ok(())
}
