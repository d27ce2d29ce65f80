//! Saying what a room stands for, and reading it.

use kernel::RoomId;
use problem::Problem;
use service_kit::Caller;

use super::{
    PartsError,
    model::{StandsFor, check},
    store as parts,
};
use crate::{bookings::commands::resettle_in_tx, rooms::commands::manager_of_room, startup::App};

pub async fn get_parts(app: &App, room_id: RoomId) -> Result<StandsFor, PartsError> {
    parts::find(&mut *app.db.conn().await?, room_id).await?.ok_or(PartsError::NotFound)
}

/// From now on the room's bookings, also those that exist, occupy what it stands for. Refused where these are booked.
pub async fn set_parts(
    app: &App,
    caller: &Caller,
    room_id: RoomId,
    stands_for: StandsFor,
) -> Result<StandsFor, Problem> {
    manager_of_room(app, caller, room_id).await?;
    let saved = app.db.transaction(async |conn| {
        let studio_id = parts::find_studio_of(conn, room_id).await?.ok_or(PartsError::NotFound)?;
        let studio = parts::lock_rooms_of(conn, studio_id).await?;
        check(room_id, &stands_for, &studio, parts::is_part(conn, room_id).await?)?;
        parts::save(conn, room_id, &stands_for).await?;
        resettle_in_tx(conn, room_id, app.clock.now()).await?;
        Ok::<_, PartsError>(())
    });
    saved.await?;
    Ok(stands_for)
}
