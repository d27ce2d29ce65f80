//! Giving and taking badges.

use kernel::StudioId;
use service_kit::PlatformAdmin;

use super::{Badge, BadgeError, store as badges};
use crate::{startup::App, studios::store as studios};

/// More would say nothing.
const MAX_BADGES: usize = 20;

pub async fn list_badges(app: &App, id: StudioId) -> Result<Vec<Badge>, BadgeError> {
    let mut conn = app.db.conn().await?;
    studios::find_company_of(&mut conn, id).await?.ok_or(BadgeError::NotFound)?;
    Ok(badges::find_badges(&mut conn, &[id]).await?.remove(&id).unwrap_or_default())
}

/// Answers all that the studio has then. Giving it again changes nothing.
pub async fn grant_badge(
    app: &App,
    admin: &PlatformAdmin,
    id: StudioId,
    badge: &Badge,
) -> Result<Vec<Badge>, BadgeError> {
    let by = (admin.user_id(), app.clock.now());
    let granted = app.db.transaction(async |conn| {
        if !studios::lock_studio(conn, id).await? {
            return Err(BadgeError::NotFound);
        }
        badges::grant_badge(conn, id, badge, by).await?;
        let all = badges::find_badges(conn, &[id]).await?.remove(&id).unwrap_or_default();
        if all.len() > MAX_BADGES { Err(BadgeError::TooMany) } else { Ok(all) }
    });
    granted.await
}

pub async fn remove_badge(app: &App, _: &PlatformAdmin, id: StudioId, badge: &Badge) -> Result<(), BadgeError> {
    let removed = badges::remove_badge(&mut *app.db.conn().await?, id, badge).await?;
    if removed { Ok(()) } else { Err(BadgeError::NotFound) }
}
