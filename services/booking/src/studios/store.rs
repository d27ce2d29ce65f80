//! Rows of studios. A deleted one is found by nobody; its row stays for what refers to it.

mod write;

pub use write::{claim_slug, count_change, delete_studio, insert_studio, update_studio};

use std::collections::HashMap;

use diesel::{ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, Queryable, Selectable, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff_diesel::Timestamp;
use kernel::{CompanyId, StudioId};
use store::{Conn, Error};

use super::{
    Slug,
    model::{Address, Rating, Studio},
};
use crate::{
    badges::store as badges,
    photos::store as photos,
    places::store::{CityRow, CountryRow},
    schema::{cities, countries, studio_slugs, studios},
};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = studios)]
struct StudioRow {
    id: StudioId,
    company_id: CompanyId,
    slug: String,
    name: String,
    description: Option<String>,
    line1: String,
    line2: Option<String>,
    postal_code: String,
    latitude: f64,
    longitude: f64,
    time_zone: String,
    rating_sum: i64,
    rating_count: i64,
    created_at: Timestamp,
}

type JoinedRow = (StudioRow, CityRow, CountryRow);

fn studio((row, city, country): JoinedRow) -> Studio {
    Studio {
        id: row.id,
        company_id: row.company_id,
        slug: row.slug,
        name: row.name,
        description: row.description,
        city: city.in_country(country.into()),
        address: Address { line1: row.line1, line2: row.line2, postal_code: row.postal_code },
        latitude: row.latitude,
        longitude: row.longitude,
        time_zone: row.time_zone,
        rating: Rating::of(row.rating_sum, row.rating_count),
        badges: Vec::new(),
        photo: None,
        created_at: row.created_at.to_jiff(),
    }
}

/// How a path names a studio.
#[derive(Debug, Clone)]
pub enum StudioKey {
    Id(StudioId),
    Slug(Slug),
}

impl StudioKey {
    /// `None` for what can be neither.
    pub fn parse(text: &str) -> Option<Self> {
        text.parse().map(Self::Id).ok().or_else(|| text.parse().map(Self::Slug).ok())
    }
}

#[diesel::dsl::auto_type(no_type_alias)]
fn joined() -> _ {
    studios::table.inner_join(
        cities::table
            .on(cities::id.eq(studios::city_id))
            .inner_join(countries::table.on(countries::id.eq(cities::country_id))),
    )
}

/// By its id, its slug, or a slug it had before.
pub async fn find_studio(conn: &mut Conn, key: &StudioKey) -> Result<Option<Studio>, Error> {
    let id = match key {
        StudioKey::Id(id) => Some(*id),
        StudioKey::Slug(slug) => {
            let owner = studio_slugs::table.find(slug.as_str()).select(studio_slugs::studio_id);
            owner.first(conn).await.optional()?
        }
    };
    let Some(id) = id else { return Ok(None) };
    Ok(find_studios(conn, &[id]).await?.remove(&id))
}

pub async fn list_studios_of(
    conn: &mut Conn,
    companies: &[CompanyId],
    after: Option<StudioId>,
    limit: i64,
) -> Result<Vec<Studio>, Error> {
    let rows = joined()
        .filter(studios::company_id.eq_any(companies))
        .filter(studios::deleted_at.is_null())
        .filter(studios::id.gt(after.unwrap_or(StudioId::from_uuid(uuid::Uuid::nil()))))
        .order(studios::id)
        .limit(limit)
        .select((StudioRow::as_select(), CityRow::as_select(), CountryRow::as_select()))
        .load::<JoinedRow>(conn)
        .await?;
    completed(conn, rows).await
}

pub async fn find_studios(conn: &mut Conn, ids: &[StudioId]) -> Result<HashMap<StudioId, Studio>, Error> {
    let rows = joined()
        .filter(studios::id.eq_any(ids))
        .filter(studios::deleted_at.is_null())
        .select((StudioRow::as_select(), CityRow::as_select(), CountryRow::as_select()))
        .load::<JoinedRow>(conn)
        .await?;
    let found = completed(conn, rows).await?;
    Ok(found.into_iter().map(|studio| (studio.id, studio)).collect())
}

/// With what stands in other tables: one query each, however many studios they are.
async fn completed(conn: &mut Conn, rows: Vec<JoinedRow>) -> Result<Vec<Studio>, Error> {
    let mut found: Vec<Studio> = rows.into_iter().map(studio).collect();
    let ids: Vec<StudioId> = found.iter().map(|studio| studio.id).collect();
    let mut badges = badges::find_badges(conn, &ids).await?;
    let covers = photos::find_covers(conn, &ids).await?;
    for studio in &mut found {
        studio.badges = badges.remove(&studio.id).unwrap_or_default();
        studio.photo = covers.get(&studio.id).copied();
    }
    Ok(found)
}

/// Whose studio it is.
pub async fn find_company_of(conn: &mut Conn, id: StudioId) -> Result<Option<CompanyId>, Error> {
    let there = studios::table.find(id).filter(studios::deleted_at.is_null());
    Ok(there.select(studios::company_id).first(conn).await.optional()?)
}

/// Serialises changes of what belongs to a studio; its bookings do not wait for it. Taken before the locks of rooms.
/// False where the studio is gone.
pub async fn lock_studio(conn: &mut Conn, id: StudioId) -> Result<bool, Error> {
    let there = studios::table.find(id).filter(studios::deleted_at.is_null());
    let locked: Option<StudioId> = there.select(studios::id).for_no_key_update().first(conn).await.optional()?;
    Ok(locked.is_some())
}

/// Changes whenever the studio's hours or its clock do. One of several statements in flight.
pub async fn version_of(mut conn: &Conn, id: StudioId) -> Result<i64, Error> {
    Ok(studios::table.find(id).select(studios::version).get_result(&mut conn).await?)
}
