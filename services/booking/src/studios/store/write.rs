//! Writing studios: each row with its search document, in one statement.

use diesel::{ExpressionMethods, QueryDsl, sql_types};
use diesel_async::RunQueryDsl;
use jiff_diesel::ToDiesel;
use kernel::StudioId;
use store::{Conn, Error};

use crate::{
    schema::{studio_slugs, studios},
    search::text::StudioText,
    studios::{Slug, model::Studio},
};

/// Makes the slug one of the studio's; false when it is, or once was, another's.
pub async fn claim_slug(conn: &mut Conn, id: StudioId, slug: &Slug) -> Result<bool, Error> {
    diesel::insert_into(studio_slugs::table)
        .values((studio_slugs::slug.eq(slug.as_str()), studio_slugs::studio_id.eq(id)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    let owner: StudioId = studio_slugs::table.find(slug.as_str()).select(studio_slugs::studio_id).first(conn).await?;
    Ok(owner == id)
}

/// Its slug is claimed.
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

/// All of a studio that may change. The caller holds its lock, and its slug is claimed.
pub async fn update_studio(conn: &mut Conn, studio: &Studio, now: jiff::Timestamp) -> Result<(), Error> {
    let text = StudioText::of(studio);
    let updated = diesel::sql_query(
        "UPDATE studios SET version = version + 1, slug = $2, name = $3, description = $4, city_id = $5, line1 = $6,
             line2 = $7, postal_code = $8, latitude = $9, longitude = $10, time_zone = $11, updated_at = $12,
             search_text = $13,
             search = setweight(to_tsvector('simple', $14), 'A') || setweight(to_tsvector('simple', $15), 'B')
                 || setweight(to_tsvector('simple', $16), 'D')
         WHERE id = $1 AND deleted_at IS NULL",
    )
    .bind::<sql_types::Uuid, _>(studio.id)
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
    .bind::<sql_types::Timestamptz, _>(now.to_diesel())
    .bind::<sql_types::Text, _>(text.for_trigrams())
    .bind::<sql_types::Text, _>(text.name)
    .bind::<sql_types::Text, _>(text.place)
    .bind::<sql_types::Text, _>(text.description)
    .execute(conn)
    .await?;
    if updated == 1 { Ok(()) } else { Err(diesel::result::Error::NotFound.into()) }
}

/// Something has changed that stands in other tables. The caller holds the studio's lock.
pub async fn count_change(conn: &mut Conn, id: StudioId, now: jiff::Timestamp) -> Result<(), Error> {
    diesel::update(studios::table.find(id))
        .set((studios::version.eq(studios::version + 1), studios::updated_at.eq(now.to_diesel())))
        .execute(conn)
        .await?;
    Ok(())
}

/// The row stays. The caller holds its lock.
pub async fn delete_studio(conn: &mut Conn, id: StudioId, now: jiff::Timestamp) -> Result<(), Error> {
    let updated = diesel::update(studios::table.find(id).filter(studios::deleted_at.is_null()))
        .set((
            studios::deleted_at.eq(now.to_diesel()),
            studios::updated_at.eq(now.to_diesel()),
            studios::version.eq(studios::version + 1),
        ))
        .execute(conn)
        .await?;
    if updated == 1 { Ok(()) } else { Err(diesel::result::Error::NotFound.into()) }
}
