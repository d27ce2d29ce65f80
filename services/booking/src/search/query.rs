//! A search as SQL: conditions are added only for what is asked, so that each combination gets a plan of its own.

use diesel::{
    pg::Pg,
    query_builder::{BoxedSqlQuery, SqlQuery},
    sql_types,
};
use jiff::Timestamp;
use jiff_diesel::ToDiesel;

use super::model::{Circle, Search, SearchKey, Sort, ZoneCover};
use crate::interval::Interval;

type Query<'a> = BoxedSqlQuery<'a, Pg, SqlQuery>;

/// Kilometres of one degree of latitude; a little less than real, so that the box holds the circle.
const KM_PER_DEGREE: f64 = 110.5;

/// What a search is run with.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    pub search: &'a Search,
    pub covers: &'a [ZoneCover],
    pub now: Timestamp,
}

/// Builds the text and remembers the binds' numbers.
struct Builder<'a> {
    query: Query<'a>,
    binds: usize,
}

impl<'a> Builder<'a> {
    fn new() -> Self {
        Self { query: diesel::sql_query("").into_boxed(), binds: 0 }
    }

    fn sql(mut self, text: impl AsRef<str>) -> Self {
        self.query = self.query.sql(text);
        self
    }

    /// Binds a value and writes its number.
    fn bind<T, V>(mut self, value: V) -> Self
    where
        Pg: diesel::sql_types::HasSqlType<T>,
        V: diesel::serialize::ToSql<T, Pg> + Send + 'a,
        T: Send + 'a,
    {
        self.binds += 1;
        let number = format!("${}", self.binds);
        self.query = self.query.sql(number).bind::<T, _>(value);
        self
    }
}

impl Plan<'_> {
    /// One page of hits.
    pub fn page(&self, sort: Sort, after: Option<SearchKey>, limit: i64) -> Query<'static> {
        let mut query = Builder::new().sql("WITH found AS (SELECT s.id, ");
        query = self.sorted_by(query, sort).sql(" AS value, ");
        query = match self.search.near {
            Some(circle) => distance_m(query, circle),
            None => query.sql("NULL::bigint"),
        };
        query = query.sql(" AS distance_m, r.hourly_rate, r.currency");
        query = self.source_and_conditions(query, CityFilter::Applied);
        query = query.sql(") SELECT id, value, distance_m, hourly_rate, currency FROM found");
        if let Some(after) = after {
            query = query.sql(" WHERE (value, id) > (").bind::<sql_types::BigInt, _>(after.value).sql(", ");
            query = query.bind::<sql_types::Uuid, _>(after.id).sql(")");
        }
        query.sql(" ORDER BY value, id LIMIT ").bind::<sql_types::BigInt, _>(limit).query
    }

    /// Found studios by city, as if no city had been asked for.
    pub fn cities(&self) -> Query<'static> {
        let query = Builder::new().sql("SELECT c.id, c.name, n.count FROM (SELECT s.city_id, count(*) AS count");
        let query = self.source_and_conditions(query, CityFilter::Ignored);
        let query = query.sql(" GROUP BY s.city_id) n JOIN cities c ON c.id = n.city_id");
        query.sql(" ORDER BY n.count DESC, c.name, c.id LIMIT 50").query
    }

    /// Everything is sorted by a whole number, upwards, so that a page's key compares exactly.
    fn sorted_by<'a>(&self, query: Builder<'a>, sort: Sort) -> Builder<'a> {
        match (sort, &self.search.words, self.search.near) {
            (Sort::Distance, _, Some(circle)) => distance_m(query, circle),
            (Sort::Price, ..) => query.sql("coalesce(r.hourly_rate, 9223372036854775807)"),
            (Sort::Relevance, Some(words), _) => query
                .sql("-(1000000 * (ts_rank(s.search, websearch_to_tsquery('simple', ")
                .bind::<sql_types::Text, _>(words.clone())
                .sql(")) + word_similarity(")
                .bind::<sql_types::Text, _>(words.clone())
                .sql(", s.search_text)))::bigint"),
            _ => query.sql("-(extract(epoch FROM s.created_at) * 1000000)::bigint"),
        }
    }

    fn source_and_conditions<'a>(&self, query: Builder<'a>, city: CityFilter) -> Builder<'a> {
        let mut query = self
            .rooms(query.sql(" FROM studios s JOIN companies k ON k.id = s.company_id AND NOT k.closed"))
            .sql(" WHERE true");
        if let Some(words) = &self.search.words {
            query = query.sql(" AND (s.search @@ websearch_to_tsquery('simple', ");
            query = query.bind::<sql_types::Text, _>(words.clone()).sql(") OR ");
            query = query.bind::<sql_types::Text, _>(words.clone()).sql(" <% s.search_text)");
        }
        if let (Some(city_id), CityFilter::Applied) = (self.search.city_id, city) {
            query = query.sql(" AND s.city_id = ").bind::<sql_types::Uuid, _>(city_id);
        }
        if let Some(circle) = self.search.near {
            query = within(query, circle);
        }
        if self.search.free.is_some() {
            query = self.open(query);
        }
        query
    }

    /// The cheapest room that fits. Without a wish about rooms, studios without any are found too.
    fn rooms<'a>(&self, query: Builder<'a>) -> Builder<'a> {
        let join = if self.search.asks_for_room() { " CROSS JOIN LATERAL (" } else { " LEFT JOIN LATERAL (" };
        let mut query = query
            .sql(join)
            .sql("SELECT p.hourly_rate, p.currency FROM rooms r JOIN price_lists p ON p.room_id = r.id")
            .sql(" WHERE r.studio_id = s.id");
        if let Some(capacity) = self.search.min_capacity {
            query = query.sql(" AND r.capacity >= ").bind::<sql_types::Integer, _>(capacity);
        }
        if let Some(rate) = self.search.max_hourly_rate {
            query = query.sql(" AND p.hourly_rate <= ").bind::<sql_types::BigInt, _>(rate);
        }
        if let Some(free) = self.search.free {
            query = free_room(query, free, self.now);
        }
        query = query.sql(" ORDER BY p.hourly_rate, r.id LIMIT 1) r");
        if self.search.asks_for_room() { query } else { query.sql(" ON true") }
    }

    /// Open for the whole interval: exactly what the rules say, compared as minutes of the week.
    fn open<'a>(&self, query: Builder<'a>) -> Builder<'a> {
        let (mut zones, mut weekdays, mut opens, mut closes) = (vec![], vec![], vec![], vec![]);
        for ZoneCover { time_zone, cover } in self.covers {
            zones.push(time_zone.clone());
            weekdays.push(cover.weekday.index());
            opens.push(cover.opens_at_most);
            closes.push(cover.closes_at_least);
        }
        query
            .sql(" AND EXISTS (SELECT FROM studio_openings o JOIN unnest(")
            .bind::<sql_types::Array<sql_types::Text>, _>(zones)
            .sql(", ")
            .bind::<sql_types::Array<sql_types::SmallInt>, _>(weekdays)
            .sql(", ")
            .bind::<sql_types::Array<sql_types::Integer>, _>(opens)
            .sql(", ")
            .bind::<sql_types::Array<sql_types::Integer>, _>(closes)
            .sql(
                ") AS c (zone, weekday, opens, closes) ON c.weekday = o.weekday AND o.opens_minute <= c.opens
                 AND o.closes_minute >= c.closes WHERE o.studio_id = s.id AND c.zone = s.time_zone)",
            )
    }
}

#[derive(Clone, Copy)]
enum CityFilter {
    Applied,
    Ignored,
}

/// The room may be booked for that long, and nothing occupies it then.
fn free_room(query: Builder<'_>, free: Interval, now: Timestamp) -> Builder<'_> {
    let minutes = i32::try_from(free.minutes()).unwrap_or(i32::MAX);
    query
        .sql(" AND r.min_duration_minutes <= ")
        .bind::<sql_types::Integer, _>(minutes)
        .sql(" AND coalesce(r.max_duration_minutes, 10080) >= ")
        .bind::<sql_types::Integer, _>(minutes)
        .sql(
            " AND NOT EXISTS (SELECT FROM occupancies o LEFT JOIN bookings b ON b.id = o.booking_id
             WHERE o.active AND o.room_id = r.id AND (b.status IS DISTINCT FROM 'held' OR b.hold_expires_at > ",
        )
        .bind::<sql_types::Timestamptz, _>(now.to_diesel())
        .sql(") AND o.period && tstzrange(")
        .bind::<sql_types::Timestamptz, _>(free.start().to_diesel())
        .sql(", ")
        .bind::<sql_types::Timestamptz, _>(free.end().to_diesel())
        .sql(" + make_interval(mins => r.turnaround_minutes), '[)'))")
        // The few rooms that stand for others are free when these are, too.
        .sql(
            " AND (r.stands_for = 'itself' OR NOT EXISTS (SELECT FROM room_footprint(r.id) AS covered (id)
             JOIN occupancies o ON o.active AND o.room_id = covered.id LEFT JOIN bookings b ON b.id = o.booking_id
             WHERE (b.status IS DISTINCT FROM 'held' OR b.hold_expires_at > ",
        )
        .bind::<sql_types::Timestamptz, _>(now.to_diesel())
        .sql(") AND o.period && tstzrange(")
        .bind::<sql_types::Timestamptz, _>(free.start().to_diesel())
        .sql(", ")
        .bind::<sql_types::Timestamptz, _>(free.end().to_diesel())
        .sql(" + make_interval(mins => r.turnaround_minutes), '[)')))")
}

/// Great-circle distance in metres.
fn distance_m(query: Builder<'_>, circle: Circle) -> Builder<'_> {
    let Circle { latitude, longitude, .. } = circle;
    query
        .sql("round(12742017.6 * asin(least(1, sqrt(power(sin(radians(s.latitude - ")
        .bind::<sql_types::Double, _>(latitude)
        .sql(") / 2), 2) + cos(radians(s.latitude)) * cos(radians(")
        .bind::<sql_types::Double, _>(latitude)
        .sql(")) * power(sin(radians(s.longitude - ")
        .bind::<sql_types::Double, _>(longitude)
        .sql(") / 2), 2)))))::bigint")
}

/// Inside a box that the index knows, then inside the circle. Near a pole, or where the box would go over the date
/// line, only latitude bounds it.
fn within(query: Builder<'_>, circle: Circle) -> Builder<'_> {
    let Circle { latitude, longitude, radius_km } = circle;
    let height = radius_km / KM_PER_DEGREE;
    let (south, north) = ((latitude - height).max(-90.0), (latitude + height).min(90.0));
    let narrowest = south.abs().max(north.abs()).to_radians().cos();
    let width = if narrowest > 0.001 { height / narrowest } else { 360.0 };
    let (mut west, mut east) = (longitude - width, longitude + width);
    if west < -180.0 || east > 180.0 {
        (west, east) = (-180.0, 180.0);
    }
    let query = query
        .sql(" AND point(s.longitude, s.latitude) <@ box(point(")
        .bind::<sql_types::Double, _>(west)
        .sql(", ")
        .bind::<sql_types::Double, _>(south)
        .sql("), point(")
        .bind::<sql_types::Double, _>(east)
        .sql(", ")
        .bind::<sql_types::Double, _>(north)
        .sql(")) AND ");
    distance_m(query, circle).sql(" <= ").bind::<sql_types::Double, _>(radius_km * 1000.0)
}
