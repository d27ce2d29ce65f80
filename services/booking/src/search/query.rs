//! A search as SQL: conditions are added only for what is asked, so that each combination gets a plan of its own.
//!
//! One shape serves all: an inner query over the narrow rows of the index, in the order of the page, with what is cheap to
//! ask, and no more of these candidates than are likely to fill the page; around it what is dear (is a room free?), asked
//! of one candidate after the other until the page is full. The limit on the candidates is what the planner goes by: how
//! many rows the cheap conditions leave it knows well, and so whether to walk an index in the order of the page or to sort
//! the few that a word, a city or a thing leaves. Of the dear ones it knows nothing. `OFFSET 0` keeps it from turning a
//! dear question of one row into a join over all of them: it takes nearly every room for occupied.

mod builder;
mod rooms;

use diesel::{
    pg::Pg,
    query_builder::{BoxedSqlQuery, SqlQuery},
    sql_types,
};
use jiff::Timestamp;

use self::builder::Builder;
use super::{
    model::{Circle, Search, SearchKey, Sort, ZoneTime},
    words::WordQuery,
};

pub type Query = BoxedSqlQuery<'static, Pg, SqlQuery>;

/// Circles up to this radius are looked for in the index of positions.
const SMALL_CIRCLE_KM: f64 = 100.0;

/// What a search is run with.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    pub search: &'a Search,
    pub words: Option<&'a WordQuery>,
    pub zones: &'a [ZoneTime],
    pub now: Timestamp,
}

/// Whether the wish for a city counts: its own facet ignores it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CityWish {
    Counts,
    Ignored,
}

/// A stretch of found studios in an order.
#[derive(Debug, Clone)]
pub struct Stretch {
    pub sort: Sort,
    pub after: Option<SearchKey>,
    pub limit: i64,
    pub city: CityWish,
}

/// What pages are sorted and continued by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeyType {
    Number,
    /// A straight line in metres: an index gives the nearest first. No two studios have the same.
    Chord,
}

impl Plan<'_> {
    /// True when not every candidate is a hit.
    pub fn asks_of_rooms(&self) -> bool {
        self.search.asks_for_room()
    }

    /// The hits among the first so many candidates.
    pub fn hits(&self, stretch: &Stretch, candidates: i64) -> Query {
        let shape = Shape::of(self, stretch);
        let value = match shape.key_type {
            KeyType::Number => "x.key::bigint",
            // The bits of a positive number grow with it.
            KeyType::Chord => "('x' || encode(float8send(x.key), 'hex'))::bit(64)::bigint",
        };
        let mut query = Builder::new()
            .sql("SELECT x.id, ")
            .sql(value)
            .sql(" AS value, x.chord, r.hourly_rate, r.currency, x.city_id, x.equipment, x.badges, x.max_capacity, x.rating FROM (");
        query = self.inner(query, stretch, shape, candidates).sql(") x ");
        query = if shape.by_room { self.that_room(query) } else { self.cheapest_room(query) };
        query = query.sql(" WHERE true");
        if shape.by_room {
            query = self.cheapest_of_its_studio(self.free_room(query, "x", "x.time_zone"));
        }
        query.sql(shape.order("x.id")).sql(" LIMIT ").bind::<sql_types::BigInt, _>(stretch.limit).finish()
    }

    /// How many candidates there are, no further than so many.
    pub fn count_candidates(&self, stretch: &Stretch, most: i64) -> Query {
        let query = Builder::new().sql("SELECT count(*) AS count FROM (");
        self.inner(query, stretch, Shape::of(self, stretch), most).sql(") x").finish()
    }

    /// Studios, or rooms with their studios, that fit as far as the index knows.
    fn inner(&self, query: Builder, stretch: &Stretch, shape: Shape, candidates: i64) -> Builder {
        let mut query = query
            .sql("SELECT s.studio_id AS id, s.time_zone, s.city_id, s.equipment, s.badges, s.max_capacity, s.rating, ");
        query = self.sorted_by(query, stretch.sort, shape).sql(" AS key, ");
        query = match self.search.near {
            Some(circle) => chord(query, circle),
            None => query.sql("NULL::float8"),
        };
        query = query.sql(" AS chord");
        query = query.sql(if shape.by_room {
            ", r.room_id, r.studio_id, r.hourly_rate, r.currency, r.turnaround_minutes, r.max_advance_days"
        } else {
            ", s.from_rate, s.currency"
        });
        query = query.sql(" FROM studio_search s");
        if shape.by_room {
            query = query.sql(" JOIN room_search r ON r.studio_id = s.studio_id");
        }
        if self.words.is_some() {
            query = query.sql(" JOIN studios t ON t.id = s.studio_id");
        }
        query = self.conditions(query.sql(" WHERE true"), stretch.city);
        if shape.by_room {
            query = self.fitting_room(query, "r");
        }
        query = self.after(query, stretch, shape);
        query.sql(shape.order("id")).sql(" LIMIT ").bind::<sql_types::BigInt, _>(candidates)
    }

    /// What comes after the page before.
    fn after(&self, query: Builder, stretch: &Stretch, shape: Shape) -> Builder {
        let Some(after) = &stretch.after else { return query };
        match shape.key_type {
            KeyType::Number => self
                .sorted_by(query.sql(" AND ("), stretch.sort, shape)
                .sql(", s.studio_id) > (")
                .bind::<sql_types::BigInt, _>(after.value)
                .sql(", ")
                .bind::<sql_types::Uuid, _>(after.id)
                .sql(")"),
            KeyType::Chord => self
                .sorted_by(query.sql(" AND "), stretch.sort, shape)
                .sql(" > ")
                .bind::<sql_types::Double, _>(f64::from_bits(after.value.cast_unsigned())),
        }
    }

    /// Everything is sorted upwards, by columns of the index where it can be.
    fn sorted_by(&self, query: Builder, sort: Sort, shape: Shape) -> Builder {
        match (sort, self.words, self.search.near) {
            (Sort::Distance, _, Some(circle)) => chord(query, circle),
            (Sort::Price, ..) if shape.by_room => query.sql("r.hourly_rate"),
            (Sort::Price, ..) => query.sql("s.from_rate"),
            (Sort::Rating, ..) => query.sql("s.worst_rating"),
            (Sort::Newest, ..) => query.sql("s.newest"),
            // A thousandth of rank comes before all that reviews say.
            (Sort::Relevance, Some(words), _) if words.reading.ranked => query
                .sql("-(round(1000 * ts_rank(t.search, ")
                .bind::<sql_types::Text, _>(words.tsquery.clone())
                .sql("::tsquery))::bigint * 1000 - s.standing / 10000000000000000)"),
            _ => query.sql("s.standing"),
        }
    }

    fn conditions(&self, mut query: Builder, city: CityWish) -> Builder {
        let search = self.search;
        if let Some(words) = self.words {
            query = query.sql(" AND t.search @@ ").bind::<sql_types::Text, _>(words.tsquery.clone()).sql("::tsquery");
        }
        if let (Some(city_id), CityWish::Counts) = (search.city_id, city) {
            query = query.sql(" AND s.city_id = ").bind::<sql_types::Uuid, _>(city_id);
        }
        if let Some(circle) = search.near {
            query = within(query, circle);
        }
        if !search.badges.is_empty() {
            let badges: Vec<String> = search.badges.iter().map(ToString::to_string).collect();
            query = query.sql(" AND s.badges @> ").bind::<sql_types::Array<sql_types::Text>, _>(badges);
        }
        if let Some(rating) = search.min_rating {
            query = query.sql(" AND s.rating >= ").bind::<sql_types::Integer, _>(rating);
        }
        query = self.what_some_room_has(query);
        if search.free.is_some() { self.open(query) } else { query }
    }

    /// What no room of a studio has, none that fits has.
    fn what_some_room_has(&self, mut query: Builder) -> Builder {
        let search = self.search;
        if let Some(capacity) = search.min_capacity {
            query = query.sql(" AND s.max_capacity >= ").bind::<sql_types::Integer, _>(capacity);
        }
        if let Some(rate) = search.max_hourly_rate {
            query = query.sql(" AND s.from_rate <= ").bind::<sql_types::BigInt, _>(rate);
        }
        if !search.equipment.is_empty() {
            let equipment = search.equipment.clone();
            query = query.sql(" AND s.equipment @> ").bind::<sql_types::Array<sql_types::Text>, _>(equipment);
        }
        query
    }

    /// Open for the whole interval: exactly what the rules say, compared as minutes of the week.
    fn open(&self, query: Builder) -> Builder {
        let (mut zones, mut opens, mut closes) = (vec![], vec![], vec![]);
        for ZoneTime { time_zone, week, .. } in self.zones {
            for week in [*week, week.a_week_on()] {
                zones.push(time_zone.clone());
                opens.push(week.opens_at_most);
                closes.push(week.closes_at_least);
            }
        }
        query
            .sql(" AND EXISTS (SELECT FROM unnest(")
            .bind::<sql_types::Array<sql_types::Text>, _>(zones)
            .sql(", ")
            .bind::<sql_types::Array<sql_types::Integer>, _>(opens)
            .sql(", ")
            .bind::<sql_types::Array<sql_types::Integer>, _>(closes)
            // The second case is an hour that comes twice: the opening only has to reach into it.
            .sql(
                ") AS c (zone, opens, closes) WHERE c.zone = s.time_zone AND CASE
                 WHEN c.opens < c.closes THEN s.openings @> int4range(c.opens, c.closes)
                 ELSE s.openings && int4range(c.closes - 1, c.opens + 1) END OFFSET 0)",
            )
    }
}

/// What candidates are, and how they are sorted.
#[derive(Debug, Clone, Copy)]
struct Shape {
    /// Rooms with their studios; else studios.
    by_room: bool,
    key_type: KeyType,
}

impl Shape {
    fn of(plan: &Plan<'_>, stretch: &Stretch) -> Self {
        let by_room = stretch.sort == Sort::Price && plan.search.asks_for_room();
        let key_type = if stretch.sort == Sort::Distance { KeyType::Chord } else { KeyType::Number };
        Self { by_room, key_type }
    }

    fn order(self, id: &str) -> String {
        match self.key_type {
            KeyType::Number => format!(" ORDER BY key, {id}"),
            KeyType::Chord => " ORDER BY key".to_owned(),
        }
    }
}

fn centre(query: Builder, circle: Circle) -> Builder {
    query.sql("cube(").bind::<sql_types::Array<sql_types::Double>, _>(circle.centre().to_vec()).sql(")")
}

fn chord(query: Builder, circle: Circle) -> Builder {
    centre(query.sql("(s.position <-> "), circle).sql(")")
}

/// Inside a box around the sphere that the index knows, then inside the circle. For a large one the index would only be a
/// detour.
fn within(mut query: Builder, circle: Circle) -> Builder {
    let metres = circle.chord_m();
    if circle.radius_km <= SMALL_CIRCLE_KM {
        query = centre(query.sql(" AND s.position <@ cube_enlarge("), circle);
        query = query.sql(", ").bind::<sql_types::Double, _>(metres).sql(", 3)");
    }
    chord(query.sql(" AND "), circle).sql(" <= ").bind::<sql_types::Double, _>(metres)
}
