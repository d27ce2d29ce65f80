//! Which rooms fit, and which of a studio's is shown.

use diesel::sql_types;
use jiff_diesel::ToDiesel;

use super::{Plan, builder::Builder};
use crate::interval::Interval;

impl Plan<'_> {
    /// The cheapest room that fits. Without a wish about rooms, studios without any are found too.
    pub(super) fn cheapest_room(&self, query: Builder) -> Builder {
        let asks = self.search.asks_for_room();
        let join = if asks { "CROSS JOIN LATERAL (" } else { "LEFT JOIN LATERAL (" };
        let query = query.sql(join).sql("SELECT r.hourly_rate, r.currency FROM room_search r WHERE r.studio_id = x.id");
        let query = self.free_room(self.fitting_room(query, "r"), "r", "x.time_zone");
        let query = query.sql(" ORDER BY r.hourly_rate, r.room_id LIMIT 1) r");
        if asks { query } else { query.sql(" ON true") }
    }

    /// The room that the inner query has found.
    pub(super) fn that_room(&self, query: Builder) -> Builder {
        query.sql("CROSS JOIN LATERAL (SELECT x.hourly_rate, x.currency) r")
    }

    /// A studio is shown once, by the cheapest of its rooms that fit.
    pub(super) fn cheapest_of_its_studio(&self, query: Builder) -> Builder {
        let query = query.sql(
            " AND NOT EXISTS (SELECT FROM room_search c WHERE c.studio_id = x.id
             AND (c.hourly_rate, c.room_id) < (x.hourly_rate, x.room_id)",
        );
        self.free_room(self.fitting_room(query, "c"), "c", "x.time_zone").sql(")")
    }

    /// What the index knows of a room.
    pub(super) fn fitting_room(&self, mut query: Builder, room: &str) -> Builder {
        let search = self.search;
        if let Some(capacity) = search.min_capacity {
            query = query.sql(format!(" AND {room}.capacity >= ")).bind::<sql_types::Integer, _>(capacity);
        }
        if let Some(rate) = search.max_hourly_rate {
            query = query.sql(format!(" AND {room}.hourly_rate <= ")).bind::<sql_types::BigInt, _>(rate);
        }
        if !search.equipment.is_empty() {
            query = query.sql(format!(" AND {room}.equipment @> "));
            query = query.bind::<sql_types::Array<sql_types::Text>, _>(search.equipment.clone());
        }
        let Some(free) = search.free else { return query };
        let minutes = i32::try_from(free.minutes()).unwrap_or(i32::MAX);
        let notice = i32::try_from(self.now.duration_until(free.start()).as_secs().div_euclid(60));
        query
            .sql(format!(" AND {room}.min_duration_minutes <= "))
            .bind::<sql_types::Integer, _>(minutes)
            .sql(format!(" AND {room}.max_duration_minutes >= "))
            .bind::<sql_types::Integer, _>(minutes)
            .sql(format!(" AND {room}.min_notice_minutes <= "))
            .bind::<sql_types::Integer, _>(notice.unwrap_or(i32::MAX))
    }

    /// Not too far ahead on the studio's calendar, and free of bookings and blackouts, its turnaround too.
    pub(super) fn free_room(&self, query: Builder, room: &str, zone: &str) -> Builder {
        let Some(free) = self.search.free else { return query };
        let (zones, days): (Vec<String>, Vec<i32>) =
            self.ahead.iter().map(|ahead| (ahead.time_zone.clone(), ahead.days)).unzip();
        let query = query
            .sql(format!(" AND {room}.max_advance_days >= (SELECT z.days FROM unnest("))
            .bind::<sql_types::Array<sql_types::Text>, _>(zones)
            .sql(", ")
            .bind::<sql_types::Array<sql_types::Integer>, _>(days)
            .sql(format!(") AS z (zone, days) WHERE z.zone = {zone})"))
            .sql(format!(
                " AND NOT EXISTS (SELECT FROM occupancies o LEFT JOIN bookings b ON b.id = o.booking_id
                 WHERE o.active AND o.room_id = {room}.room_id
                 AND (b.status IS DISTINCT FROM 'held' OR b.hold_expires_at > "
            ))
            .bind::<sql_types::Timestamptz, _>(self.now.to_diesel());
        let query = occupied(query.sql(") AND o.period && "), free, room);
        let query = query.sql(format!(
            ") AND NOT EXISTS (SELECT FROM blackout_periods p WHERE p.studio_id = {room}.studio_id
             AND (p.room_id IS NULL OR p.room_id = {room}.room_id) AND p.period && "
        ));
        occupied(query, free, room).sql(")")
    }
}

/// What a booking of the room would occupy.
fn occupied(query: Builder, free: Interval, room: &str) -> Builder {
    query
        .sql("tstzrange(")
        .bind::<sql_types::Timestamptz, _>(free.start().to_diesel())
        .sql(", ")
        .bind::<sql_types::Timestamptz, _>(free.end().to_diesel())
        .sql(format!(" + make_interval(mins => {room}.turnaround_minutes), '[)')"))
}
