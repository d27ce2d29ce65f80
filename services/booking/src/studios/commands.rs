//! Making and reading studios.

use kernel::StudioId;
use problem::Problem;
use service_kit::{Caller, CompanyManager, CompanyStaff};

use super::{
    Slug, StudioError,
    model::{NewStudio, Studio, WantedSlug},
    store::{self as studios, StudioKey},
};
use crate::{
    companies::commands::ensure_company,
    hours::{model::Hours, store as hours},
    places::{model::City, store as places},
    rooms::{model::PricedRoom, store as rooms},
    startup::App,
};

/// How many numbers are tried after a name before its studio is named by its id.
const SLUG_ATTEMPTS: u32 = 8;

/// A studio with what its page shows.
#[derive(Debug)]
pub struct StudioPage {
    pub studio: Studio,
    pub hours: Hours,
    pub rooms: Vec<PricedRoom>,
}

pub async fn create_studio(app: &App, manager: &CompanyManager, new: NewStudio) -> Result<Studio, Problem> {
    ensure_company(app, manager.company_id()).await?;
    let mut conn = app.db.conn().await?;
    let city = places::find_city(&mut conn, new.city_id).await.map_err(StudioError::from)?;
    let city = city.ok_or(StudioError::UnknownCity)?;
    drop(conn);
    let given = match &new.slug {
        WantedSlug::Given(slug) => Some(slug.clone()),
        WantedSlug::OfName => None,
    };
    let mut studio = studio_of(app, manager, new, city);
    let Some(slug) = given else { return Ok(insert_under_free_slug(app, studio).await?) };
    studio.slug = slug.to_string();
    insert(app, &studio).await?;
    Ok(studio)
}

fn studio_of(app: &App, manager: &CompanyManager, new: NewStudio, city: City) -> Studio {
    Studio {
        id: StudioId::new(),
        company_id: manager.company_id(),
        slug: String::new(),
        name: new.name,
        description: new.description,
        time_zone: new.time_zone.unwrap_or_else(|| city.time_zone.clone()),
        city,
        address: new.address,
        latitude: new.latitude,
        longitude: new.longitude,
        created_at: app.clock.now(),
    }
}

async fn insert_under_free_slug(app: &App, mut studio: Studio) -> Result<Studio, StudioError> {
    let slug = Slug::of_name(&studio.name);
    for attempt in 1..=SLUG_ATTEMPTS {
        studio.slug = if attempt == 1 { slug.to_string() } else { slug.numbered(attempt).to_string() };
        match insert(app, &studio).await {
            Err(StudioError::SlugTaken) => {}
            outcome => return outcome.map(|()| studio),
        }
    }
    // The id's random end: nobody else has it.
    let id = studio.id.to_string();
    studio.slug = format!("{slug}-{}", &id[id.len() - 8..]);
    insert(app, &studio).await?;
    Ok(studio)
}

async fn insert(app: &App, studio: &Studio) -> Result<(), StudioError> {
    let mut conn = app.db.conn().await?;
    studios::insert_studio(&mut conn, studio).await.map_err(StudioError::of_insert)
}

pub async fn get_studio(app: &App, key: &StudioKey) -> Result<StudioPage, StudioError> {
    let mut conn = app.db.conn().await?;
    let studio = studios::find_studio(&mut conn, key).await?.ok_or(StudioError::NotFound)?;
    let hours = hours::find_hours(&mut conn, studio.id).await?;
    let rooms = rooms::list_rooms_of_page(&mut conn, studio.id).await?;
    Ok(StudioPage { studio, hours, rooms })
}

/// Studios of the companies the caller works for, in the order they were made.
pub async fn list_my_studios(
    app: &App,
    caller: &Caller,
    after: Option<StudioId>,
    limit: i64,
) -> Result<Vec<Studio>, StudioError> {
    let companies: Vec<_> = caller.claims().companies.iter().map(|membership| membership.id).collect();
    let mut conn = app.db.conn().await?;
    Ok(studios::list_studios_of(&mut conn, &companies, after, limit).await?)
}

/// Proof that the caller works for the company of a studio; 404 for a studio of nobody.
pub async fn staff_of_studio(app: &App, caller: &Caller, id: StudioId) -> Result<CompanyStaff, Problem> {
    let company_id = studios::find_company_of(&mut *app.db.conn().await?, id).await?;
    caller.staff_of(company_id.ok_or_else(Problem::not_found)?)
}
