//! Changing and deleting studios.

use ::store::Conn;
use kernel::StudioId;
use problem::Problem;
use service_kit::{Caller, CompanyManager};

use super::{StudioPage, manager_of_studio, page_of};
use crate::{
    blackouts::commands::rewrite_periods_in_tx,
    hours::{commands::orphans_in_tx, store as hours},
    places::{model::City, store as places},
    rooms::store as rooms,
    startup::App,
    studios::{
        StudioError,
        model::{Studio, StudioChange},
        store::{self as studios, StudioKey},
    },
    upcoming::{commands::cancel_left_behind, model::Affected, store as upcoming},
};

/// A changed studio, and the bookings that a new clock leaves outside its hours.
#[derive(Debug)]
pub struct Changed {
    pub page: StudioPage,
    pub orphaned: Affected,
}

/// Replaces what a studio says of itself. Its slugs before lead to it for ever; bookings keep the zone they were made in.
pub async fn update_studio(
    app: &App,
    caller: &Caller,
    id: StudioId,
    change: &StudioChange,
) -> Result<Changed, Problem> {
    let manager = manager_of_studio(app, caller, id).await?;
    let city = places::find_city(&mut *app.db.conn().await?, change.city_id).await.map_err(StudioError::from)?;
    let city = city.ok_or(StudioError::UnknownCity)?;
    let changed = app.db.transaction(async |conn| update_studio_in_tx(app, conn, (id, &manager), change, &city).await);
    Ok(changed.await?)
}

async fn update_studio_in_tx(
    app: &App,
    conn: &mut Conn,
    (id, manager): (StudioId, &CompanyManager),
    change: &StudioChange,
    city: &City,
) -> Result<Changed, StudioError> {
    if !studios::lock_studio(conn, id).await? {
        return Err(StudioError::NotFound);
    }
    let before = studios::find_studio(conn, &StudioKey::Id(id)).await?.ok_or(StudioError::NotFound)?;
    if before.company_id != manager.company_id() {
        return Err(StudioError::NotFound);
    }
    if let Some(slug) = &change.slug
        && !studios::claim_slug(conn, id, slug).await?
    {
        return Err(StudioError::SlugTaken);
    }
    let after = changed(&before, change, city);
    let mut orphaned = Affected::default();
    if after.time_zone != before.time_zone {
        // As where the hours are changed.
        rooms::lock_rooms_of(conn, id).await?;
    }
    let now = app.clock.now();
    studios::update_studio(conn, &after, now).await?;
    if after.time_zone != before.time_zone {
        rewrite_periods_in_tx(conn, id, &after.time_zone, now).await?;
        let hours = hours::find_hours(conn, id).await?;
        orphaned = orphans_in_tx(conn, id, &hours, &after.time_zone, now).await?;
    }
    Ok(Changed { page: page_of(conn, after).await?, orphaned })
}

fn changed(before: &Studio, change: &StudioChange, city: &City) -> Studio {
    Studio {
        slug: change.slug.as_ref().map_or_else(|| before.slug.clone(), ToString::to_string),
        name: change.name.clone(),
        description: change.description.clone(),
        time_zone: change.zone_after(before, city),
        city: city.clone(),
        address: change.address.clone(),
        latitude: change.latitude,
        longitude: change.longitude,
        ..before.clone()
    }
}

/// Deletes a studio with its rooms. While bookings lie ahead nothing happens, and they are answered; unless they are to be
/// cancelled: then the studio takes no more from this instant on, and each is cancelled as the company's cancellation.
pub async fn delete_studio(
    app: &App,
    caller: &Caller,
    id: StudioId,
    cancel_bookings: bool,
) -> Result<Option<Affected>, Problem> {
    manager_of_studio(app, caller, id).await?;
    let deleted = app.db.transaction(async |conn| delete_studio_in_tx(app, conn, id, cancel_bookings).await);
    let kept_by = deleted.await?;
    if kept_by.is_none() && cancel_bookings {
        cancel_left_behind(app).await.map_err(StudioError::from)?;
    }
    Ok(kept_by)
}

async fn delete_studio_in_tx(
    app: &App,
    conn: &mut Conn,
    id: StudioId,
    cancel_bookings: bool,
) -> Result<Option<Affected>, StudioError> {
    if !studios::lock_studio(conn, id).await? {
        return Err(StudioError::NotFound);
    }
    // Under these locks nothing is booked any more, so what lies ahead is all there is.
    rooms::lock_rooms_of(conn, id).await?;
    let now = app.clock.now();
    let ahead = Affected::of(upcoming::list_upcoming(conn, id, None, now).await?);
    if !ahead.is_empty() && !cancel_bookings {
        return Ok(Some(ahead));
    }
    rooms::delete_rooms_of(conn, id, now).await?;
    studios::delete_studio(conn, id, now).await?;
    Ok(None)
}
