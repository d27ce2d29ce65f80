//! Running a search.

use diesel::{QueryDsl, QueryableByName, sql_types};
use diesel_async::RunQueryDsl;
use kernel::{CityId, Currency, Money, StudioId};
use store::{Conn, Error};

use super::{
    model::{CityFacet, Hit, SearchKey, Sort},
    query::Plan,
};
use crate::schema::studios;

#[derive(QueryableByName)]
struct HitRow {
    #[diesel(sql_type = sql_types::Uuid)]
    id: StudioId,
    #[diesel(sql_type = sql_types::BigInt)]
    value: i64,
    #[diesel(sql_type = sql_types::Nullable<sql_types::BigInt>)]
    distance_m: Option<i64>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::BigInt>)]
    hourly_rate: Option<i64>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    currency: Option<Currency>,
}

#[derive(QueryableByName)]
struct CityRow {
    #[diesel(sql_type = sql_types::Uuid)]
    id: CityId,
    #[diesel(sql_type = sql_types::Text)]
    name: String,
    #[diesel(sql_type = sql_types::BigInt)]
    count: i64,
}

/// How alike a misspelt word must be.
const SET_SIMILARITY: &str = "SET LOCAL pg_trgm.word_similarity_threshold = 0.45";

/// One page and the facets, in the caller's transaction: the threshold is set for it alone.
pub async fn search_in_tx(
    conn: &mut Conn,
    plan: &Plan<'_>,
    sort: Sort,
    after: Option<SearchKey>,
    limit: i64,
) -> Result<(Vec<Hit>, Vec<CityFacet>), Error> {
    if plan.search.words.is_some() {
        diesel::sql_query(SET_SIMILARITY).execute(conn).await?;
    }
    let hits: Vec<HitRow> = plan.page(sort, after, limit).load(conn).await?;
    let cities: Vec<CityRow> = plan.cities().load(conn).await?;
    let hit = |row: HitRow| Hit {
        id: row.id,
        value: row.value,
        distance_m: row.distance_m,
        from_hourly_rate: row.hourly_rate.zip(row.currency).map(|(rate, currency)| Money::new(rate, currency)),
    };
    let facet = |row: CityRow| CityFacet { id: row.id, name: row.name, count: row.count };
    Ok((hits.into_iter().map(hit).collect(), cities.into_iter().map(facet).collect()))
}

/// The zones that studios are in.
pub async fn find_zones(conn: &mut Conn) -> Result<Vec<String>, Error> {
    Ok(studios::table.select(studios::time_zone).distinct().order(studios::time_zone).load(conn).await?)
}
