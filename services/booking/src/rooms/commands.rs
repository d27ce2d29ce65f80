//! Making, changing and reading rooms.

use kernel::{RoomId, StudioId};
use problem::Problem;
use service_kit::{Caller, CompanyManager};

use super::{
    RoomError,
    model::{PricedRoom, Room, RoomSettings},
    store as rooms,
};
use crate::{
    bookings::{BookingError, commands::resettle_in_tx},
    parts::store as parts,
    startup::App,
    studios::store as studios,
};

/// A room in a studio of a company that the caller manages.
pub async fn create_room(
    app: &App,
    caller: &Caller,
    studio_id: StudioId,
    settings: RoomSettings,
) -> Result<PricedRoom, Problem> {
    let company_id = studios::find_company_of(&mut *app.db.conn().await?, studio_id).await?;
    let manager = caller.manager_of(company_id.ok_or_else(Problem::not_found)?)?;
    let room =
        Room { id: RoomId::new(), studio_id, company_id: manager.company_id(), settings, created_at: app.clock.now() };
    let inserted = app.db.transaction(async |conn| {
        // Whoever has the whole studio has the new room, too.
        let whole = parts::lock_whole_rooms(conn, studio_id).await?;
        rooms::insert_room(conn, &room).await?;
        for room_id in whole {
            resettle_in_tx(conn, room_id, app.clock.now()).await?;
        }
        Ok::<_, BookingError>(())
    });
    inserted.await?;
    Ok(PricedRoom { room, prices: None })
}

/// Replaces a room's settings; bookings that exist keep theirs.
pub async fn update_room(
    app: &App,
    caller: &Caller,
    id: RoomId,
    settings: RoomSettings,
) -> Result<PricedRoom, Problem> {
    let manager = manager_of_room(app, caller, id).await?;
    let now = app.clock.now();
    rooms::update_room(&mut *app.db.conn().await?, id, manager.company_id(), &settings, now).await?;
    Ok(get_room(app, id).await?)
}

pub async fn get_room(app: &App, id: RoomId) -> Result<PricedRoom, RoomError> {
    let mut conn = app.db.conn().await?;
    rooms::find_priced_room(&mut conn, id).await?.ok_or(RoomError::NotFound)
}

/// A studio's rooms in the order they were made.
pub async fn list_rooms(
    app: &App,
    studio_id: StudioId,
    after: Option<RoomId>,
    limit: i64,
) -> Result<Vec<PricedRoom>, RoomError> {
    let mut conn = app.db.conn().await?;
    if studios::find_company_of(&mut conn, studio_id).await?.is_none() {
        return Err(RoomError::NotFound);
    }
    Ok(rooms::list_rooms(&mut conn, studio_id, after, limit).await?)
}

/// Proof that the caller manages the company of a room; 404 for a room of nobody.
pub async fn manager_of_room(app: &App, caller: &Caller, id: RoomId) -> Result<CompanyManager, Problem> {
    let company_id = rooms::find_company_of(&mut *app.db.conn().await?, id).await?;
    caller.manager_of(company_id.ok_or_else(Problem::not_found)?)
}
