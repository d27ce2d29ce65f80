//! Rows of series and of their dates.

use std::collections::HashMap;

use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, NullableExpressionMethods, OptionalExtension, QueryDsl,
    Queryable, Selectable, SelectableHelper, upsert::excluded,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{BookingId, CompanyId, SeriesId, StudioId, UserId};
use store::{Conn, Error};

use super::model::{Occurrence, Series, Template};
use crate::{
    bookings::{
        model::Booking,
        store::{Access, find_bookings},
    },
    interval::Interval,
    jsonb::Jsonb,
    schema::{booking_series as series, series_occurrences as occurrences},
};

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = series)]
struct SeriesRow {
    id: SeriesId,
    company_id: CompanyId,
    studio_id: StudioId,
    customer_user_id: Option<UserId>,
    template: Jsonb<Template>,
    rule: String,
    time_zone: String,
    created_at: jiff_diesel::Timestamp,
}

#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = occurrences, treat_none_as_default_value = false)]
struct OccurrenceRow {
    series_id: SeriesId,
    number: i32,
    starts_at: jiff_diesel::Timestamp,
    ends_at: jiff_diesel::Timestamp,
    booking_id: Option<BookingId>,
    skipped_because: Option<String>,
    withdrawn: bool,
}

impl From<SeriesRow> for Series {
    fn from(row: SeriesRow) -> Self {
        Self {
            id: row.id,
            company_id: row.company_id,
            studio_id: row.studio_id,
            customer_id: row.customer_user_id,
            template: row.template.0,
            rule: row.rule,
            time_zone: row.time_zone,
            created_at: row.created_at.to_jiff(),
        }
    }
}

pub async fn insert_series(conn: &mut Conn, new: &Series) -> Result<(), Error> {
    let row = SeriesRow {
        id: new.id,
        company_id: new.company_id,
        studio_id: new.studio_id,
        customer_user_id: new.customer_id,
        template: Jsonb(new.template.clone()),
        rule: new.rule.clone(),
        time_zone: new.time_zone.clone(),
        created_at: new.created_at.to_diesel(),
    };
    let values = (row, series::updated_at.eq(new.created_at.to_diesel()));
    diesel::insert_into(series::table).values(values).execute(conn).await?;
    Ok(())
}

/// New dates, and those that have changed.
pub async fn save_occurrences(conn: &mut Conn, id: SeriesId, dates: &[Occurrence]) -> Result<(), Error> {
    let rows: Vec<OccurrenceRow> = dates.iter().map(|date| OccurrenceRow::of(id, date)).collect();
    diesel::insert_into(occurrences::table)
        .values(rows)
        .on_conflict((occurrences::series_id, occurrences::number))
        .do_update()
        .set((
            occurrences::starts_at.eq(excluded(occurrences::starts_at)),
            occurrences::ends_at.eq(excluded(occurrences::ends_at)),
            occurrences::booking_id.eq(excluded(occurrences::booking_id)),
            occurrences::skipped_because.eq(excluded(occurrences::skipped_because)),
            occurrences::withdrawn.eq(excluded(occurrences::withdrawn)),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

impl OccurrenceRow {
    fn of(series_id: SeriesId, date: &Occurrence) -> Self {
        Self {
            series_id,
            number: date.number,
            starts_at: date.interval.start().to_diesel(),
            ends_at: date.interval.end().to_diesel(),
            booking_id: date.booking.as_ref().map(|booking| booking.id),
            skipped_because: date.skipped_because.clone(),
            withdrawn: date.withdrawn,
        }
    }

    fn with_booking(self, bookings: &mut HashMap<BookingId, Booking>) -> Option<Occurrence> {
        let booking = self.booking_id.and_then(|id| bookings.remove(&id));
        // A booking may have been moved by itself.
        let planned = Interval::new(self.starts_at.to_jiff(), self.ends_at.to_jiff())?;
        let interval = booking.as_ref().map_or(planned, |booking| booking.interval);
        Some(Occurrence {
            number: self.number,
            interval,
            booking,
            skipped_because: self.skipped_because,
            withdrawn: self.withdrawn,
        })
    }
}

pub async fn update_template(conn: &mut Conn, id: SeriesId, template: &Template, now: Timestamp) -> Result<(), Error> {
    diesel::update(series::table.find(id))
        .set((series::template.eq(Jsonb(template.clone())), series::updated_at.eq(now.to_diesel())))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn find_series(conn: &mut Conn, id: SeriesId, access: &Access) -> Result<Option<Series>, Error> {
    let seen = series::customer_user_id
        .eq(Some(access.user_id))
        .or(series::company_id.nullable().eq_any(access.companies.iter().map(|id| Some(*id))));
    let row = series::table.find(id).filter(seen).select(SeriesRow::as_select()).first(conn).await.optional()?;
    Ok(row.map(Series::from))
}

/// Whoever changes several dates of a series holds this lock, before those of the rooms.
pub async fn lock_series(conn: &mut Conn, id: SeriesId) -> Result<(), Error> {
    let _: SeriesId = series::table.find(id).select(series::id).for_no_key_update().get_result(conn).await?;
    Ok(())
}

/// The dates of a series in their order, with the bookings they have.
pub async fn find_occurrences(conn: &mut Conn, id: SeriesId) -> Result<Vec<Occurrence>, Error> {
    let rows: Vec<OccurrenceRow> = occurrences::table
        .filter(occurrences::series_id.eq(id))
        .order(occurrences::number)
        .select(OccurrenceRow::as_select())
        .load(conn)
        .await?;
    let ids: Vec<BookingId> = rows.iter().filter_map(|row| row.booking_id).collect();
    let found = find_bookings(conn, &ids).await?;
    let mut bookings: HashMap<BookingId, Booking> = found.into_iter().map(|booking| (booking.id, booking)).collect();
    Ok(rows.into_iter().filter_map(|row| row.with_booking(&mut bookings)).collect())
}

/// Whose series.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    Company(CompanyId),
    Customer(UserId),
}

/// The newest first.
pub async fn list_series(
    conn: &mut Conn,
    whose: Whose,
    after: Option<SeriesId>,
    limit: i64,
) -> Result<Vec<Series>, Error> {
    let mut query = series::table.into_boxed();
    query = match whose {
        Whose::Company(id) => query.filter(series::company_id.eq(id)),
        Whose::Customer(id) => query.filter(series::customer_user_id.eq(id)),
    };
    if let Some(after) = after {
        query = query.filter(series::id.lt(after));
    }
    let page = query.order(series::id.desc()).limit(limit).select(SeriesRow::as_select());
    let rows: Vec<SeriesRow> = page.load(conn).await?;
    Ok(rows.into_iter().map(Series::from).collect())
}

/// Forgets what a customer wrote; the series stay.
pub async fn forget_words_of(conn: &mut Conn, customer_id: UserId) -> Result<(), Error> {
    diesel::sql_query("UPDATE booking_series SET template = template - 'note' WHERE customer_user_id = $1")
        .bind::<diesel::sql_types::Uuid, _>(customer_id)
        .execute(conn)
        .await?;
    Ok(())
}
