//! Showing, replacing and removing photos.

use jiff::{SignedDuration, Timestamp};
use kernel::{PhotoId, UserId};
use storage::images::Edge;

use super::{PhotoError, model::SIZES, store};
use crate::{App, users, users::Profile};

/// Makes the content the person's photo, in place of the one before.
pub async fn upload_photo(app: &App, user_id: UserId, content: bytes::Bytes) -> Result<Profile, PhotoError> {
    let renditions = app.images.render(content, SIZES.edges()).await?;
    // The row first: an object without one would stay for ever.
    let id = store::insert(&mut *app.db.conn().await?, user_id, app.clock.now()).await?;
    SIZES.put(&app.storage, id, renditions).await?;
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let user = users::store::lock(conn, user_id).await?.ok_or(PhotoError::NotFound)?;
            store::discard_current(conn, user_id, now).await?;
            if !store::make_current(conn, id, now).await? {
                return Err(PhotoError::Swept);
            }
            Ok(users::store::profile_of(conn, user).await?)
        })
        .await
}

/// 404 for somebody without a photo.
pub async fn delete_photo(app: &App, user_id: UserId) -> Result<(), PhotoError> {
    let now = app.clock.now();
    let mut conn = app.db.conn().await?;
    if store::discard_current(&mut conn, user_id, now).await? { Ok(()) } else { Err(PhotoError::NotFound) }
}

/// A size of a photo that somebody shows.
pub async fn find_photo(app: &App, id: PhotoId, edge: Edge) -> Result<bytes::Bytes, PhotoError> {
    let is_current = store::is_current(&mut *app.db.conn().await?, id).await?;
    if !is_current {
        return Err(PhotoError::NotFound);
    }
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
        let unused = store::list_unused(&mut *app.db.conn().await?, before, (after, BATCH)).await?;
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
    // From here on an upload that is late after all cannot become current.
    if !store::discard_unused(&mut *app.db.conn().await?, id).await? {
        return Ok(());
    }
    SIZES.delete(&app.storage, id).await?;
    Ok(store::delete(&mut *app.db.conn().await?, id).await?)
}
