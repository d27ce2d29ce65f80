//! Liking studios.

use kernel::StudioId;
use service_kit::{Caller, Page};
use uuid::Uuid;

use super::{FavoriteError, store as favorites};
use crate::{
    startup::App,
    studios::{model::Studio, store as studios},
};

const MAX_FAVORITES: i64 = 1000;

/// Setting it again changes nothing.
pub async fn set_favorite(app: &App, caller: &Caller, id: StudioId) -> Result<(), FavoriteError> {
    let (user_id, now) = (caller.user_id(), app.clock.now());
    let set = app.db.transaction(async |conn| {
        studios::find_company_of(conn, id).await?.ok_or(FavoriteError::NotFound)?;
        favorites::insert_favorite(conn, user_id, id, now).await?;
        let count = favorites::count_favorites(conn, user_id).await?;
        if count > MAX_FAVORITES { Err(FavoriteError::TooMany) } else { Ok(()) }
    });
    set.await
}

/// Clearing what was not set changes nothing; a studio that is gone can be cleared, too.
pub async fn clear_favorite(app: &App, caller: &Caller, id: StudioId) -> Result<(), FavoriteError> {
    Ok(favorites::delete_favorite(&mut *app.db.conn().await?, caller.user_id(), id).await?)
}

pub async fn list_favorites(
    app: &App,
    caller: &Caller,
    before: Option<Uuid>,
    limit: i64,
) -> Result<Page<Studio>, FavoriteError> {
    let mut conn = app.db.conn().await?;
    let rows = favorites::list_favorites(&mut conn, caller.user_id(), before, limit + 1).await?;
    let page = Page::of(rows, limit, |(id, _)| *id);
    let ids: Vec<StudioId> = page.data.iter().map(|(_, studio_id)| *studio_id).collect();
    let mut found = studios::find_studios(&mut conn, &ids).await?;
    let data = ids.iter().filter_map(|id| found.remove(id)).collect();
    Ok(Page { data, next_cursor: page.next_cursor })
}
