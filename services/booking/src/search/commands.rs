//! Searching.

use std::collections::HashMap;

use ::store::{Conn, Error};
use jiff::Timestamp;
use kernel::CityId;
use service_kit::Page;

use super::{
    facets::Facets,
    model::{Hit, Search, SearchKey, Sort, ZoneTime},
    query::{CityWish, Plan, Stretch},
    store::{as_tsquery, count_fits, find_candidates, find_city_names, find_hits, find_zones, set_planner},
    words::{MOST_RANKED, Reading, WordQuery, corrected, tokens},
};
use crate::{
    hours::model::WeekMinutes,
    interval::Interval,
    local_time,
    startup::App,
    studios::{model::Studio, store as studios},
};

/// A found studio.
#[derive(Debug)]
pub struct Found {
    pub studio: Studio,
    pub hit: Hit,
}

/// A page of what was found, what all of it has in common, and the names of the cities in it.
#[derive(Debug)]
pub struct Results {
    pub page: Page<Found>,
    pub facets: Facets,
    pub city_names: HashMap<CityId, String>,
}

/// A few statements, however much is found, in one transaction, so that page and facets see the same studios.
pub async fn search_studios(
    app: &App,
    search: &Search,
    sort: Sort,
    after: Option<SearchKey>,
    limit: i64,
) -> Result<Results, Error> {
    let now = app.clock.now();
    let searched = app.db.transaction(async |conn| search_in_tx(conn, search, sort, (after.clone(), limit), now).await);
    searched.await
}

async fn search_in_tx(
    conn: &mut Conn,
    search: &Search,
    sort: Sort,
    (after, limit): (Option<SearchKey>, i64),
    now: Timestamp,
) -> Result<Results, Error> {
    set_planner(conn).await?;
    let words = match &search.words {
        Some(words) => Some(read_words(conn, words, after.as_ref().and_then(|after| after.reading)).await?),
        None => None,
    };
    let zones = match search.free {
        Some(free) => zones_of(&find_zones(conn).await?, free, now),
        None => Vec::new(),
    };
    let plan = Plan { search, words: words.as_ref(), zones: &zones, now };
    let (hits, sample) = hits_and_sample(conn, &plan, sort, after, limit).await?;
    let cities = cities_of(conn, &plan, sort, &sample).await?;
    let most = usize::try_from(search.sample()).unwrap_or(usize::MAX);
    let facets = Facets::of(&sample[..sample.len().min(most)], sample.len() <= most, &cities);
    let reading = words.map(|words| words.reading);
    let key = |hit: &Hit| SearchKey { sort, value: hit.value, id: hit.id, reading };
    let page = Page::of(hits, limit, key);
    let ids: Vec<_> = page.data.iter().map(|hit| hit.id).collect();
    let mut found = studios::find_studios(conn, &ids).await?;
    let shown = page.data.into_iter().filter_map(|hit| Some(Found { studio: found.remove(&hit.id)?, hit }));
    let page = Page { data: shown.collect(), next_cursor: page.next_cursor };
    let named: Vec<CityId> = facets.cities.iter().map(|(id, _)| *id).collect();
    let city_names = find_city_names(conn, &named).await?;
    Ok(Results { page, facets, city_names })
}

/// The page with one hit more, and the first of all hits that facets are counted over, with one more. The first page is
/// the beginning of them.
async fn hits_and_sample(
    conn: &mut Conn,
    plan: &Plan<'_>,
    sort: Sort,
    after: Option<SearchKey>,
    limit: i64,
) -> Result<(Vec<Hit>, Vec<Hit>), Error> {
    let most = plan.search.sample() + 1;
    let first = Stretch { sort, after: None, limit: most.max(limit + 1), city: CityWish::Counts };
    let sample = find_hits(conn, plan, &first).await?;
    let hits = match after {
        None => sample.iter().take(usize::try_from(limit + 1).unwrap_or(0)).cloned().collect(),
        after => find_hits(conn, plan, &Stretch { after, limit: limit + 1, ..first }).await?,
    };
    Ok((hits, sample))
}

/// The cities of what would be found without a wish for one.
async fn cities_of(conn: &mut Conn, plan: &Plan<'_>, sort: Sort, sample: &[Hit]) -> Result<Vec<CityId>, Error> {
    let most = plan.search.sample();
    let first = |hits: &[Hit]| {
        hits.iter().take(usize::try_from(most).unwrap_or(usize::MAX)).map(|hit| hit.city_id).collect::<Vec<_>>()
    };
    if plan.search.city_id.is_none() {
        return Ok(first(sample));
    }
    let stretch = Stretch { sort, after: None, limit: most, city: CityWish::Ignored };
    Ok(first(&find_hits(conn, plan, &stretch).await?))
}

/// As they are written, where that finds anything; else with unknown words replaced. Later pages read as the first did.
async fn read_words(conn: &mut Conn, words: &str, before: Option<Reading>) -> Result<WordQuery, Error> {
    if before.is_none_or(|before| !before.corrected) {
        let (tsquery, fits) = as_tsquery(conn, words).await?;
        if fits > 0 || before.is_some() {
            return Ok(word_query(tsquery, false, fits, before));
        }
    }
    let tokens = tokens(words);
    let candidates = find_candidates(conn, &tokens).await?;
    // The empty query fits nothing.
    let tsquery = corrected(&tokens, &candidates).unwrap_or_default();
    let fits = count_fits(conn, &tsquery).await?;
    Ok(word_query(tsquery, true, fits, before))
}

fn word_query(tsquery: String, corrected: bool, fits: i64, before: Option<Reading>) -> WordQuery {
    let reading = before.unwrap_or(Reading { corrected, ranked: fits <= MOST_RANKED });
    WordQuery { reading, tsquery }
}

fn zones_of(zones: &[String], free: Interval, now: Timestamp) -> Vec<ZoneTime> {
    let of_zone = |name: &String| {
        let zone = local_time::stored_zone(name);
        let (today, date) = (local_time::date_at(now, &zone), local_time::date_at(free.start(), &zone));
        let days_ahead = (date - today).get_days();
        ZoneTime { time_zone: name.clone(), week: WeekMinutes::of(free, &zone), days_ahead }
    };
    zones.iter().map(of_zone).collect()
}
