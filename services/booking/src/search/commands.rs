//! Searching.

use service_kit::Page;

use super::{
    model::{CityFacet, Hit, Search, SearchKey, Sort, ZoneCover},
    query::Plan,
    store::{find_zones, search_in_tx},
};
use crate::{
    hours::model::covers,
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

pub async fn search_studios(
    app: &App,
    search: &Search,
    sort: Sort,
    after: Option<SearchKey>,
    limit: i64,
) -> Result<(Page<Found>, Vec<CityFacet>), store::Error> {
    let now = app.clock.now();
    let searched = app.db.transaction(async |conn| {
        let covers = match search.free {
            Some(free) => covers_of_zones(&find_zones(conn).await?, free),
            None => Vec::new(),
        };
        let plan = Plan { search, covers: &covers, now };
        let (hits, cities) = search_in_tx(conn, &plan, sort, after, limit + 1).await?;
        let ids: Vec<_> = hits.iter().map(|hit| hit.id).collect();
        let mut found = studios::find_studios(conn, &ids).await?;
        let found = hits.into_iter().filter_map(|hit| Some(Found { studio: found.remove(&hit.id)?, hit })).collect();
        Ok::<(Vec<Found>, _), store::Error>((found, cities))
    });
    let (found, cities) = searched.await?;
    let key = |found: &Found| SearchKey { sort, value: found.hit.value, id: found.hit.id };
    Ok((Page::of(found, limit, key), cities))
}

fn covers_of_zones(zones: &[String], free: Interval) -> Vec<ZoneCover> {
    let of_zone = |name: &String| {
        let covers = covers(free, &local_time::stored_zone(name));
        covers.into_iter().map(|cover| ZoneCover { time_zone: name.clone(), cover }).collect::<Vec<_>>()
    };
    zones.iter().flat_map(of_zone).collect()
}
