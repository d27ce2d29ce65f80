//! Rows of studios.

use std::collections::HashMap;

use diesel::{
    ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, Queryable, Selectable, SelectableHelper, sql_types,
};
use diesel_async::RunQueryDsl;
use jiff_diesel::{Timestamp, ToDiesel};
use kernel::{CompanyId, StudioId};
use store::{Conn, Error};

use super::{
    Slug,
    model::{Address, Studio},
};
use crate::{
    places::store::{CityRow, CountryRow},
    schema::{cities, countries, studios},
    search::text::StudioText,
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

/// The row with its search document, in one statement.
pub async fn insert_studio(conn: &mut Conn, studio: &Studio) -> Result<(), Error> {
    let text = StudioText::of(studio);
    diesel::sql_query(
        "INSERT INTO studios (id, company_id, slug, name, description, city_id, line1, line2, postal_code, latitude,
             longitude, time_zone, created_at, updated_at, search_text, search)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $14,
             setweight(to_tsvector('simple', $15), 'A') || setweight(to_tsvector('simple', $16), 'B')
             || setweight(to_tsvector('simple', $17), 'D'))",
    )
    .bind::<sql_types::Uuid, _>(studio.id)
    .bind::<sql_types::Uuid, _>(studio.company_id)
    .bind::<sql_types::Text, _>(&studio.slug)
    .bind::<sql_types::Text, _>(&studio.name)
    .bind::<sql_types::Nullable<sql_types::Text>, _>(&studio.description)
    .bind::<sql_types::Uuid, _>(studio.city.id)
    .bind::<sql_types::Text, _>(&studio.address.line1)
    .bind::<sql_types::Nullable<sql_types::Text>, _>(&studio.address.line2)
    .bind::<sql_types::Text, _>(&studio.address.postal_code)
    .bind::<sql_types::Double, _>(studio.latitude)
    .bind::<sql_types::Double, _>(studio.longitude)
    .bind::<sql_types::Text, _>(&studio.time_zone)
    .bind::<sql_types::Timestamptz, _>(studio.created_at.to_diesel())
    .bind::<sql_types::Text, _>(text.for_trigrams())
    .bind::<sql_types::Text, _>(text.name)
    .bind::<sql_types::Text, _>(text.place)
    .bind::<sql_types::Text, _>(text.description)
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn find_studio(conn: &mut Conn, key: &StudioKey) -> Result<Option<Studio>, Error> {
    let query = joined().select((StudioRow::as_select(), CityRow::as_select(), CountryRow::as_select()));
    let row = match key {
        StudioKey::Id(id) => query.filter(studios::id.eq(*id)).first::<JoinedRow>(conn).await,
        StudioKey::Slug(slug) => query.filter(studios::slug.eq(slug.as_str())).first::<JoinedRow>(conn).await,
    };
    Ok(row.optional()?.map(studio))
}

pub async fn list_studios_of(
    conn: &mut Conn,
    companies: &[CompanyId],
    after: Option<StudioId>,
    limit: i64,
) -> Result<Vec<Studio>, Error> {
    let rows = joined()
        .filter(studios::company_id.eq_any(companies))
        .filter(studios::id.gt(after.unwrap_or(StudioId::from_uuid(uuid::Uuid::nil()))))
        .order(studios::id)
        .limit(limit)
        .select((StudioRow::as_select(), CityRow::as_select(), CountryRow::as_select()))
        .load::<JoinedRow>(conn)
        .await?;
    Ok(rows.into_iter().map(studio).collect())
}

pub async fn find_studios(conn: &mut Conn, ids: &[StudioId]) -> Result<HashMap<StudioId, Studio>, Error> {
    let rows = joined()
        .filter(studios::id.eq_any(ids))
        .select((StudioRow::as_select(), CityRow::as_select(), CountryRow::as_select()))
        .load::<JoinedRow>(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.0.id, studio(row))).collect())
}

/// Whose studio it is.
pub async fn find_company_of(conn: &mut Conn, id: StudioId) -> Result<Option<CompanyId>, Error> {
    Ok(studios::table.find(id).select(studios::company_id).first(conn).await.optional()?)
}

/// Serialises changes of what belongs to a studio; its bookings do not wait for it.
pub async fn lock_studio(conn: &mut Conn, id: StudioId) -> Result<(), Error> {
    let _: StudioId = studios::table.find(id).select(studios::id).for_no_key_update().first(conn).await?;
    Ok(())
}
