//! Making, changing and reading rooms.

use ::store::Conn;
use kernel::{RoomId, StudioId};
use problem::Problem;
use service_kit::{Caller, CompanyManager};

use super::{
    RoomError,
    model::{Room, RoomPage, RoomSettings},
    store as rooms,
};
use crate::{
    bookings::{BookingError, commands::resettle_in_tx},
    parts::store as parts,
    startup::App,
    studios::{commands::manager_of_studio, store as studios},
    upcoming::{commands::cancel_left_behind, model::Affected, store as upcoming},
};

/// A room in a studio of a company that the caller manages.
pub async fn create_room(
    app: &App,
    caller: &Caller,
    studio_id: StudioId,
    settings: RoomSettings,
) -> Result<RoomPage, Problem> {
    let manager = manager_of_studio(app, caller, studio_id).await?;
    let room =
        Room { id: RoomId::new(), studio_id, company_id: manager.company_id(), settings, created_at: app.clock.now() };
    let inserted = app.db.transaction(async |conn| {
        // A studio that is being deleted gets no new room.
        if !studios::lock_studio(conn, studio_id).await? {
            return Err(BookingError::NotFound);
        }
        // Whoever has the whole studio has the new room, too.
        let whole = parts::lock_whole_rooms(conn, studio_id).await?;
        rooms::insert_room(conn, &room).await?;
        for room_id in whole {
            resettle_in_tx(conn, room_id, app.clock.now()).await?;
        }
        Ok::<_, BookingError>(())
    });
    inserted.await?;
    Ok(RoomPage { room, prices: None, photos: Vec::new(), equipment: Vec::new() })
}

/// Replaces a room's settings; bookings that exist keep theirs.
pub async fn update_room(app: &App, caller: &Caller, id: RoomId, settings: RoomSettings) -> Result<RoomPage, Problem> {
    let manager = manager_of_room(app, caller, id).await?;
    let now = app.clock.now();
    rooms::update_room(&mut *app.db.conn().await?, id, manager.company_id(), &settings, now).await?;
    Ok(get_room(app, id).await?)
}

pub async fn get_room(app: &App, id: RoomId) -> Result<RoomPage, RoomError> {
    let mut conn = app.db.conn().await?;
    rooms::find_room_page(&mut conn, id).await?.ok_or(RoomError::NotFound)
}

/// A studio's rooms in the order they were made.
pub async fn list_rooms(
    app: &App,
    studio_id: StudioId,
    after: Option<RoomId>,
    limit: i64,
) -> Result<Vec<RoomPage>, RoomError> {
    let mut conn = app.db.conn().await?;
    if studios::find_company_of(&mut conn, studio_id).await?.is_none() {
        return Err(RoomError::NotFound);
    }
    Ok(rooms::list_rooms(&mut conn, studio_id, after, limit).await?)
}

/// Deletes a room. While bookings lie ahead nothing happens, and they are answered; unless they are to be cancelled: then
/// the room takes no more from this instant on, and each is cancelled as the company's cancellation.
pub async fn delete_room(
    app: &App,
    caller: &Caller,
    id: RoomId,
    cancel_bookings: bool,
) -> Result<Option<Affected>, Problem> {
    manager_of_room(app, caller, id).await?;
    let deleted = app.db.transaction(async |conn| delete_room_in_tx(app, conn, id, cancel_bookings).await);
    let kept_by = deleted.await?;
    if kept_by.is_none() && cancel_bookings {
        cancel_left_behind(app).await?;
    }
    Ok(kept_by)
}

async fn delete_room_in_tx(
    app: &App,
    conn: &mut Conn,
    id: RoomId,
    cancel_bookings: bool,
) -> Result<Option<Affected>, RoomError> {
    // Under this lock nothing is booked any more, so what lies ahead is all there is.
    rooms::lock_rooms(conn, &[id]).await?;
    let found = rooms::find_whereabouts(conn, id).await?.ok_or(RoomError::NotFound)?;
    let now = app.clock.now();
    let ahead = Affected::of(upcoming::list_upcoming(conn, found.studio_id, Some(id), now).await?);
    if !ahead.is_empty() && !cancel_bookings {
        return Ok(Some(ahead));
    }
    rooms::delete_room(conn, id, now).await?;
    Ok(None)
}

/// Proof that the caller manages the company of a room; 404 for a room of nobody.
pub async fn manager_of_room(app: &App, caller: &Caller, id: RoomId) -> Result<CompanyManager, Problem> {
    let company_id = rooms::find_company_of(&mut *app.db.conn().await?, id).await?;
    caller.manager_of(company_id.ok_or_else(Problem::not_found)?)
}
