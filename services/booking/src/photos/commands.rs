//! Showing, ordering and removing photos.

use ::store::Conn;
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use kernel::{PhotoId, RoomId};
use problem::Problem;
use service_kit::Caller;
use storage::images::{Edge, Rendition};

use super::{
    PhotoError,
    model::{MAX_PHOTOS, Photo, SIZES, is_order_of},
    store as photos,
};
use crate::{
    rooms::{commands::manager_of_room, store as rooms},
    startup::App,
};

/// Whether the caller may add to a room's photos, asked before a byte of the file is read.
pub async fn ensure_may_upload(app: &App, caller: &Caller, room_id: RoomId) -> Result<(), Problem> {
    manager_of_room(app, caller, room_id).await?;
    Ok(ensure_room_for_one(&mut *app.db.conn().await?, room_id).await?)
}

async fn ensure_room_for_one(conn: &mut Conn, room_id: RoomId) -> Result<(), PhotoError> {
    if photos::count_shown(conn, room_id).await? < MAX_PHOTOS { Ok(()) } else { Err(PhotoError::TooMany) }
}

/// Shows the content as the room's last photo.
pub async fn upload_photo(app: &App, room_id: RoomId, content: Bytes) -> Result<Photo, PhotoError> {
    let renditions = app.images.render(content, SIZES.edges()).await?;
    let photo = photo_of(&renditions);
    // The row first: an object without one would stay for ever.
    photos::insert_photo(&mut *app.db.conn().await?, room_id, photo, app.clock.now()).await?;
    SIZES.put(&app.storage, photo.id, renditions).await?;
    let now = app.clock.now();
    let shown = app.db.transaction(async |conn| {
        rooms::lock_rooms(conn, &[room_id]).await?;
        rooms::find_whereabouts(conn, room_id).await?.ok_or(PhotoError::NotFound)?;
        ensure_room_for_one(conn, room_id).await?;
        let position = photos::next_position(conn, room_id).await?;
        if photos::show_photo(conn, photo.id, position, now).await? { Ok(photo) } else { Err(PhotoError::Swept) }
    });
    shown.await
}

/// As large as its largest rendition.
fn photo_of(renditions: &[Rendition]) -> Photo {
    let side = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
    let largest = renditions.iter().max_by_key(|rendition| rendition.width);
    let (width, height) = largest.map_or((1, 1), |rendition| (side(rendition.width), side(rendition.height)));
    Photo { id: PhotoId::new(), width, height }
}

/// The new order names every photo of the room once.
pub async fn reorder_photos(
    app: &App,
    caller: &Caller,
    room_id: RoomId,
    order: &[PhotoId],
) -> Result<Vec<Photo>, Problem> {
    manager_of_room(app, caller, room_id).await?;
    let reordered = app.db.transaction(async |conn| {
        rooms::lock_rooms(conn, &[room_id]).await?;
        let shown = photos::find_shown(conn, &[room_id]).await?.remove(&room_id).unwrap_or_default();
        if !is_order_of(order, &shown) {
            return Err(PhotoError::NotAnOrder);
        }
        photos::reorder_photos(conn, order).await?;
        Ok(photos::find_shown(conn, &[room_id]).await?.remove(&room_id).unwrap_or_default())
    });
    Ok(reordered.await?)
}

pub async fn delete_photo(app: &App, caller: &Caller, id: PhotoId) -> Result<(), Problem> {
    let mut conn = app.db.conn().await?;
    let (_, company_id) = photos::find_owner(&mut conn, id).await?.ok_or(PhotoError::NotFound)?;
    caller.manager_of(company_id)?;
    if photos::discard_photo(&mut conn, id, app.clock.now()).await? { Ok(()) } else { Err(PhotoError::NotFound.into()) }
}

/// A size of a photo that a room shows.
pub async fn find_photo(app: &App, id: PhotoId, edge: Edge) -> Result<Bytes, PhotoError> {
    photos::find_owner(&mut *app.db.conn().await?, id).await?.ok_or(PhotoError::NotFound)?;
    SIZES.get(&app.storage, id, edge).await?.ok_or(PhotoError::NotFound)
}

/// An upload that takes longer has died.
const UPLOAD_TAKES_AT_MOST: SignedDuration = SignedDuration::from_hours(1);

const BATCH: i64 = 100;

/// Removes the objects of photos that nobody shows any more, and then their rows. One that cannot be removed stays for the
/// next time and holds up none of the others.
pub async fn sweep(app: &App, now: Timestamp) -> Result<(), PhotoError> {
    let mut after = None;
    loop {
        let before = now - UPLOAD_TAKES_AT_MOST;
        let unused = photos::list_unused(&mut *app.db.conn().await?, before, (after, BATCH)).await?;
        let Some(last) = unused.last() else { return Ok(()) };
        after = Some(*last);
        for id in unused {
            if let Err(error) = remove(app, id).await {
                tracing::warn!(photo = %id, %error, "a photo could not be removed");
            }
        }
    }
}

async fn remove(app: &App, id: PhotoId) -> Result<(), PhotoError> {
    // From here on an upload that is late after all cannot be shown.
    if !photos::discard_unused(&mut *app.db.conn().await?, id).await? {
        return Ok(());
    }
    SIZES.delete(&app.storage, id).await?;
    Ok(photos::delete_photo(&mut *app.db.conn().await?, id).await?)
}
