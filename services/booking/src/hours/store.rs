//! Rows of hours, and the joined openings that search compares with.

use diesel::{ExpressionMethods, JoinOnDsl, QueryDsl};
use diesel_async::RunQueryDsl;
use kernel::{RoomId, StudioId};
use store::{Conn, Error};

use super::model::Hours;
use crate::{
    local_time::{Weekday, WeeklySpan},
    schema::{operating_hours, rooms, studio_openings},
};

pub async fn find_hours(conn: &mut Conn, studio_id: StudioId) -> Result<Hours, Error> {
    let rows: Vec<(i16, i16, i16)> = operating_hours::table
        .filter(operating_hours::studio_id.eq(studio_id))
        .select((operating_hours::weekday, operating_hours::opens_minute, operating_hours::closes_minute))
        .load(conn)
        .await?;
    Ok(hours(rows))
}

/// The hours of a room's studio; one of several statements in flight.
pub async fn hours_of_room(mut conn: &Conn, room_id: RoomId) -> Result<Hours, Error> {
    let rows: Vec<(i16, i16, i16)> = operating_hours::table
        .inner_join(rooms::table.on(rooms::studio_id.eq(operating_hours::studio_id)))
        .filter(rooms::id.eq(room_id))
        .select((operating_hours::weekday, operating_hours::opens_minute, operating_hours::closes_minute))
        .load(&mut conn)
        .await?;
    Ok(hours(rows))
}

fn hours(rows: Vec<(i16, i16, i16)>) -> Hours {
    let span = |(weekday, from, to): (i16, i16, i16)| {
        let weekday = Weekday::from_index(weekday)?;
        Some(WeeklySpan { weekday, from_minute: from.into(), to_minute: to.into() })
    };
    Hours::stored(rows.into_iter().filter_map(span).collect())
}

/// The caller holds the studio's lock.
pub async fn replace_hours(conn: &mut Conn, studio_id: StudioId, hours: &Hours) -> Result<(), Error> {
    diesel::delete(operating_hours::table.filter(operating_hours::studio_id.eq(studio_id))).execute(conn).await?;
    diesel::delete(studio_openings::table.filter(studio_openings::studio_id.eq(studio_id))).execute(conn).await?;
    let rows: Vec<_> = hours
        .spans()
        .iter()
        .map(|span| {
            (
                operating_hours::studio_id.eq(studio_id),
                operating_hours::weekday.eq(span.weekday.index()),
                operating_hours::opens_minute.eq(small(span.from_minute)),
                operating_hours::closes_minute.eq(small(span.to_minute)),
            )
        })
        .collect();
    diesel::insert_into(operating_hours::table).values(rows).execute(conn).await?;
    let openings: Vec<_> = hours
        .unbroken_in_week()
        .into_iter()
        .map(|opening| {
            (
                studio_openings::studio_id.eq(studio_id),
                studio_openings::weekday.eq(opening.weekday.index()),
                studio_openings::opens_minute.eq(small(opening.opens)),
                studio_openings::closes_minute.eq(small(opening.closes)),
            )
        })
        .collect();
    diesel::insert_into(studio_openings::table).values(openings).execute(conn).await?;
    Ok(())
}

/// Minutes of at most two weeks always fit.
fn small(minutes: i32) -> i16 {
    i16::try_from(minutes).unwrap_or(i16::MAX)
}
