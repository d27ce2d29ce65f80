//! Which rooms fit, and which of a studio's is shown.

use diesel::sql_types;
use jiff_diesel::ToDiesel;

use super::{Plan, builder::Builder};
use crate::interval::Interval;

impl Plan<'_> {
    /// The cheapest room that fits. Without a wish about rooms the index knows it, and studios without any are found too.
    pub(super) fn cheapest_room(&self, query: Builder) -> Builder {
        if !self.search.asks_for_room() {
            return query.sql(
                "CROSS JOIN LATERAL (SELECT CASE WHEN x.currency IS NOT NULL THEN x.from_rate END AS hourly_rate, x.currency) r",
            );
        }
        let query = query
            .sql("CROSS JOIN LATERAL (SELECT r.hourly_rate, r.currency FROM room_search r WHERE r.studio_id = x.id");
        let query = self.free_room(self.fitting_room(query, "r"), "r", "x.time_zone");
        query.sql(" ORDER BY r.hourly_rate, r.room_id LIMIT 1) r")
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
        self.free_room(self.fitting_room(query, "c"), "c", "x.time_zone").sql(" OFFSET 0)")
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
            self.zones.iter().map(|zone| (zone.time_zone.clone(), zone.days_ahead)).unzip();
        let query = query
            .sql(format!(" AND {room}.max_advance_days >= (SELECT z.days FROM unnest("))
            .bind::<sql_types::Array<sql_types::Text>, _>(zones)
            .sql(", ")
            .bind::<sql_types::Array<sql_types::Integer>, _>(days)
            .sql(format!(") AS z (zone, days) WHERE z.zone = {zone})"));
        let query = self.unoccupied(query, free, room);
        let query = query
            .sql(format!(
                " AND NOT EXISTS (SELECT FROM blackout_periods p WHERE p.studio_id = {room}.studio_id
                 AND (p.room_id IS NULL OR p.room_id = {room}.room_id) AND upper(p.period) > "
            ))
            .bind::<sql_types::Timestamptz, _>(free.start().to_diesel())
            .sql(" AND lower(p.period) < ");
        let query = end_of_turnaround(query, free, room).sql(" OFFSET 0)");
        self.free_footprint(query, free, room)
    }

    /// The few rooms that stand for others are free when these are, too.
    fn free_footprint(&self, query: Builder, free: Interval, room: &str) -> Builder {
        let query = query
            .sql(format!(
                " AND ((SELECT m.stands_for = 'itself' FROM rooms m WHERE m.id = {room}.room_id)
                 OR NOT EXISTS (SELECT FROM room_footprint({room}.room_id) AS f (id)
                     JOIN occupancies o ON o.active AND o.room_id = f.id LEFT JOIN bookings b ON b.id = o.booking_id
                     WHERE (b.status IS DISTINCT FROM 'held' OR b.hold_expires_at > "
            ))
            .bind::<sql_types::Timestamptz, _>(self.now.to_diesel())
            .sql(") AND upper(o.period) > ")
            .bind::<sql_types::Timestamptz, _>(free.start().to_diesel())
            .sql(" AND lower(o.period) < ");
        let query = end_of_turnaround(query, free, room).sql(format!(
            " OFFSET 0) AND NOT EXISTS (SELECT FROM room_footprint({room}.room_id) AS f (id)
                 JOIN blackout_periods p ON p.room_id = f.id WHERE upper(p.period) > "
        ));
        let query = query.bind::<sql_types::Timestamptz, _>(free.start().to_diesel()).sql(" AND lower(p.period) < ");
        end_of_turnaround(query, free, room).sql(" OFFSET 0))")
    }

    /// Active periods of a room never overlap: what is in the way begins in the time, or is the last one before it. A hold
    /// whose time is over is not.
    fn unoccupied(&self, query: Builder, free: Interval, room: &str) -> Builder {
        let counts = "LEFT JOIN bookings b ON b.id = o.booking_id
            WHERE (b.status IS DISTINCT FROM 'held' OR b.hold_expires_at > ";
        let query = query
            .sql(format!(
                " AND NOT EXISTS (SELECT FROM (
                     (SELECT i.booking_id FROM occupancies i WHERE i.active AND i.room_id = {room}.room_id
                      AND lower(i.period) >= "
            ))
            .bind::<sql_types::Timestamptz, _>(free.start().to_diesel())
            .sql(" AND lower(i.period) < ");
        end_of_turnaround(query, free, room)
            .sql(format!(
                ") UNION ALL (SELECT l.booking_id FROM (SELECT i.booking_id, i.period FROM occupancies i
                     WHERE i.active AND i.room_id = {room}.room_id AND lower(i.period) < "
            ))
            .bind::<sql_types::Timestamptz, _>(free.start().to_diesel())
            .sql(" ORDER BY lower(i.period) DESC LIMIT 1) l WHERE upper(l.period) > ")
            .bind::<sql_types::Timestamptz, _>(free.start().to_diesel())
            .sql(format!(")) o {counts}"))
            .bind::<sql_types::Timestamptz, _>(self.now.to_diesel())
            .sql("))")
    }
}

fn end_of_turnaround(query: Builder, free: Interval, room: &str) -> Builder {
    query
        .bind::<sql_types::Timestamptz, _>(free.end().to_diesel())
        .sql(format!(" + make_interval(mins => {room}.turnaround_minutes)"))
}
