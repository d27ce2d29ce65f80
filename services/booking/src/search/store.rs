//! Running a search.

use std::collections::HashMap;

use diesel::{ExpressionMethods, QueryDsl, QueryableByName, sql_types};
use diesel_async::RunQueryDsl;
use kernel::{CityId, Currency, Money, StudioId};
use store::{Conn, Db, Error};

use super::{
    model::{Hit, ground_m},
    query::{Plan, Stretch},
    words::{Candidate, MOST_RANKED},
};
use crate::schema::cities;

#[derive(QueryableByName)]
struct HitRow {
    #[diesel(sql_type = sql_types::Uuid)]
    id: StudioId,
    #[diesel(sql_type = sql_types::BigInt)]
    value: i64,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Double>)]
    chord: Option<f64>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::BigInt>)]
    hourly_rate: Option<i64>,
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    currency: Option<Currency>,
    #[diesel(sql_type = sql_types::Uuid)]
    city_id: CityId,
    #[diesel(sql_type = sql_types::Array<sql_types::Text>)]
    equipment: Vec<String>,
    #[diesel(sql_type = sql_types::Array<sql_types::Text>)]
    badges: Vec<String>,
    #[diesel(sql_type = sql_types::Integer)]
    max_capacity: i32,
    #[diesel(sql_type = sql_types::Integer)]
    rating: i32,
}

impl From<HitRow> for Hit {
    fn from(row: HitRow) -> Self {
        Self {
            id: row.id,
            value: row.value,
            distance_m: row.chord.map(ground_m),
            from_hourly_rate: row.hourly_rate.zip(row.currency).map(|(rate, currency)| Money::new(rate, currency)),
            city_id: row.city_id,
            equipment: row.equipment,
            badges: row.badges,
            max_capacity: row.max_capacity,
            rating: row.rating,
        }
    }
}

/// In the caller's transaction alone: how alike a misspelt word must be; neither helpers nor compiled plans, which cost
/// more than a page does; and that rows are as near anywhere, because narrow rows that are searched all the time are in
/// memory.
pub async fn set_planner(conn: &mut Conn) -> Result<(), Error> {
    let settings = "SELECT set_config('pg_trgm.similarity_threshold', '0.25', true), set_config('jit', 'off', true),
        set_config('max_parallel_workers_per_gather', '0', true), set_config('random_page_cost', '1.1', true)";
    diesel::sql_query(settings).execute(conn).await?;
    Ok(())
}

#[derive(QueryableByName)]
struct CountRow {
    #[diesel(sql_type = sql_types::BigInt)]
    count: i64,
}

/// Candidates that are looked at for each hit that is wanted, before it is counted whether there are more: three rooms of
/// a studio are one hit, and some are occupied.
const CANDIDATES_FOR_A_HIT: i64 = 3;

/// Where so few of the candidates were hits, so many times as many are looked at.
const MORE_CANDIDATES: i64 = 16;

/// The first hits, up to the limit. One statement, nearly always; a few where what is asked of rooms is rare.
pub async fn find_hits(conn: &mut Conn, plan: &Plan<'_>, stretch: &Stretch) -> Result<Vec<Hit>, Error> {
    if !plan.asks_of_rooms() {
        return find_hits_among(conn, plan, stretch, stretch.limit).await;
    }
    let mut candidates = CANDIDATES_FOR_A_HIT * stretch.limit;
    loop {
        let hits = find_hits_among(conn, plan, stretch, candidates).await?;
        let is_full = i64::try_from(hits.len()).is_ok_and(|found| found >= stretch.limit);
        if is_full || count_candidates(conn, plan, stretch, candidates + 1).await? <= candidates {
            return Ok(hits);
        }
        candidates *= MORE_CANDIDATES;
    }
}

async fn find_hits_among(
    conn: &mut Conn,
    plan: &Plan<'_>,
    stretch: &Stretch,
    candidates: i64,
) -> Result<Vec<Hit>, Error> {
    let rows: Vec<HitRow> = plan.hits(stretch, candidates).load(conn).await?;
    Ok(rows.into_iter().map(Hit::from).collect())
}

async fn count_candidates(conn: &mut Conn, plan: &Plan<'_>, stretch: &Stretch, most: i64) -> Result<i64, Error> {
    let counted: CountRow = plan.count_candidates(stretch, most).get_result(conn).await?;
    Ok(counted.count)
}

#[derive(QueryableByName)]
struct FitRow {
    #[diesel(sql_type = sql_types::Text)]
    tsquery: String,
    #[diesel(sql_type = sql_types::BigInt)]
    fits: i64,
}

/// The words as people write them for search machines (quotes, `or`, a minus), in PostgreSQL's notation.
pub async fn as_tsquery(conn: &mut Conn, words: &str) -> Result<(String, i64), Error> {
    let parsed: FitRow =
        diesel::sql_query("SELECT websearch_to_tsquery('simple', $1)::text AS tsquery, 0::bigint AS fits")
            .bind::<sql_types::Text, _>(words)
            .get_result(conn)
            .await?;
    let fits = count_fits(conn, &parsed.tsquery).await?;
    Ok((parsed.tsquery, fits))
}

/// How many studios have such words; no further than it matters.
pub async fn count_fits(conn: &mut Conn, tsquery: &str) -> Result<i64, Error> {
    let counted: FitRow = diesel::sql_query(
        "SELECT $1 AS tsquery, count(*) AS fits FROM (SELECT FROM studios t WHERE t.search @@ $1::tsquery LIMIT $2) n",
    )
    .bind::<sql_types::Text, _>(tsquery)
    .bind::<sql_types::BigInt, _>(MOST_RANKED + 1)
    .get_result(conn)
    .await?;
    Ok(counted.fits)
}

#[derive(QueryableByName)]
struct CandidateRow {
    #[diesel(sql_type = sql_types::Text)]
    token: String,
    #[diesel(sql_type = sql_types::Text)]
    word: String,
}

/// For each token the words of studios that look most like it.
pub async fn find_candidates(conn: &mut Conn, tokens: &[String]) -> Result<Vec<Candidate>, Error> {
    let rows: Vec<CandidateRow> = diesel::sql_query(
        "SELECT t.token, w.word FROM unnest($1) AS t (token) CROSS JOIN LATERAL (
             SELECT k.word FROM search_words k WHERE k.word % t.token
             ORDER BY similarity(k.word, t.token) DESC, k.word LIMIT 3) w",
    )
    .bind::<sql_types::Array<sql_types::Text>, _>(tokens)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| Candidate { token: row.token, word: row.word }).collect())
}

#[derive(QueryableByName)]
struct ZoneRow {
    #[diesel(sql_type = sql_types::Text)]
    time_zone: String,
}

/// The zones that found studios are in: from one to the next along the index, because there are few zones and many studios.
pub async fn find_zones(conn: &mut Conn) -> Result<Vec<String>, Error> {
    let rows: Vec<ZoneRow> = diesel::sql_query(
        "WITH RECURSIVE zones AS (
             (SELECT time_zone FROM studio_search ORDER BY time_zone LIMIT 1)
             UNION ALL
             SELECT (SELECT s.time_zone FROM studio_search s WHERE s.time_zone > z.time_zone ORDER BY s.time_zone LIMIT 1)
             FROM zones z WHERE z.time_zone IS NOT NULL
         ) SELECT time_zone FROM zones WHERE time_zone IS NOT NULL",
    )
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.time_zone).collect())
}

pub async fn find_city_names(conn: &mut Conn, ids: &[CityId]) -> Result<HashMap<CityId, String>, Error> {
    let rows: Vec<(CityId, String)> =
        cities::table.filter(cities::id.eq_any(ids)).select((cities::id, cities::name)).load(conn).await?;
    Ok(rows.into_iter().collect())
}

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = sql_types::Uuid)]
    id: StudioId,
}

const BATCH: i64 = 500;

/// Makes all that search looks at anew, a batch at a time, beside whatever else is written. For an operator: every write
/// does this for what it changes. Answers how many studios were looked at.
pub async fn refresh_all(db: &Db) -> Result<usize, Error> {
    let (mut after, mut refreshed) = (StudioId::from_uuid(uuid::Uuid::nil()), 0);
    loop {
        let mut conn = db.conn().await?;
        let rows: Vec<IdRow> = diesel::sql_query("SELECT id FROM studios WHERE id > $1 ORDER BY id LIMIT $2")
            .bind::<sql_types::Uuid, _>(after)
            .bind::<sql_types::BigInt, _>(BATCH)
            .load(&mut *conn)
            .await?;
        let ids: Vec<StudioId> = rows.into_iter().map(|row| row.id).collect();
        let Some(last) = ids.last() else { return Ok(refreshed) };
        (after, refreshed) = (*last, refreshed + ids.len());
        diesel::sql_query("SELECT refresh_search($1)")
            .bind::<sql_types::Array<sql_types::Uuid>, _>(&ids)
            .execute(&mut *conn)
            .await?;
    }
}
