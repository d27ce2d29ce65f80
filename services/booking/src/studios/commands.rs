//! Making and reading studios.

mod change;

pub use change::{Changed, delete_studio, update_studio};

use ::store::Conn;
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
    equipment::{model::Item, store as equipment},
    hours::{model::Hours, store as hours},
    places::{model::City, store as places},
    rooms::{model::RoomPage, store as rooms},
    startup::App,
};

/// How many numbers are tried after a name before its studio is named by its id.
const SLUG_ATTEMPTS: u32 = 8;

/// A studio with what its page shows.
#[derive(Debug)]
pub struct StudioPage {
    pub studio: Studio,
    pub hours: Hours,
    pub equipment: Vec<Item>,
    pub rooms: Vec<RoomPage>,
}

pub async fn create_studio(app: &App, manager: &CompanyManager, new: NewStudio) -> Result<Studio, Problem> {
    ensure_company(app, manager.company_id()).await?;
    let city = places::find_city(&mut *app.db.conn().await?, new.city_id).await.map_err(StudioError::from)?;
    let city = city.ok_or(StudioError::UnknownCity)?;
    let wanted = new.slug.clone();
    let studio = studio_of(app, manager, new, city);
    let created = app.db.transaction(async |conn| create_studio_in_tx(conn, studio.clone(), &wanted).await);
    Ok(created.await?)
}

async fn create_studio_in_tx(conn: &mut Conn, mut studio: Studio, wanted: &WantedSlug) -> Result<Studio, StudioError> {
    let slug = match wanted {
        WantedSlug::Given(slug) if studios::claim_slug(conn, studio.id, slug).await? => slug.clone(),
        WantedSlug::Given(_) => return Err(StudioError::SlugTaken),
        WantedSlug::OfName => claim_free_slug(conn, &studio).await?,
    };
    studio.slug = slug.to_string();
    studios::insert_studio(conn, &studio).await?;
    Ok(studio)
}

async fn claim_free_slug(conn: &mut Conn, studio: &Studio) -> Result<Slug, StudioError> {
    let slug = Slug::of_name(&studio.name);
    for attempt in 1..=SLUG_ATTEMPTS {
        let candidate = if attempt == 1 { slug.clone() } else { slug.numbered(attempt) };
        if studios::claim_slug(conn, studio.id, &candidate).await? {
            return Ok(candidate);
        }
    }
    // The id's random end: nobody else has it.
    let id = studio.id.to_string();
    let last = slug.ending_in(&id[id.len() - 8..]);
    if studios::claim_slug(conn, studio.id, &last).await? { Ok(last) } else { Err(StudioError::SlugTaken) }
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
        rating: None,
        badges: Vec::new(),
        photo: None,
        created_at: app.clock.now(),
    }
}

pub async fn get_studio(app: &App, key: &StudioKey) -> Result<StudioPage, StudioError> {
    let mut conn = app.db.conn().await?;
    let studio = studios::find_studio(&mut conn, key).await?.ok_or(StudioError::NotFound)?;
    page_of(&mut conn, studio).await
}

async fn page_of(conn: &mut Conn, studio: Studio) -> Result<StudioPage, StudioError> {
    let hours = hours::find_hours(conn, studio.id).await?;
    let equipment = equipment::list_of_studio(conn, studio.id).await?;
    let rooms = rooms::list_rooms_of_page(conn, studio.id).await?;
    Ok(StudioPage { studio, hours, equipment, rooms })
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

/// Proof that the caller manages the company of a studio; 404 for a studio of nobody.
pub async fn manager_of_studio(app: &App, caller: &Caller, id: StudioId) -> Result<CompanyManager, Problem> {
    let company_id = studios::find_company_of(&mut *app.db.conn().await?, id).await?;
    caller.manager_of(company_id.ok_or_else(Problem::not_found)?)
}

/// Proof that the caller works for the company of a studio; 404 for a studio of nobody.
pub async fn staff_of_studio(app: &App, caller: &Caller, id: StudioId) -> Result<CompanyStaff, Problem> {
    let company_id = studios::find_company_of(&mut *app.db.conn().await?, id).await?;
    caller.staff_of(company_id.ok_or_else(Problem::not_found)?)
}
