//! Lists of bookings, paged by key. The status is the one that counts at the instant asked.

use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, SelectableHelper, dsl::sql, pg::Pg, sql_types};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{BookingId, CompanyId, RoomId, StudioId, UserId};
use serde::{Deserialize, Serialize};
use store::{Conn, Error};

use super::row::BookingRow;
use crate::{
    bookings::model::{Booking, Status},
    schema::bookings,
};

/// The key of a list by start: where a page ended.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct ListKey {
    pub starts_at: Timestamp,
    pub id: BookingId,
}

/// What to look for; absent is anything.
#[derive(Debug, Clone)]
pub struct BookingFilter {
    pub whose: Whose,
    pub studio_id: Option<StudioId>,
    pub room_id: Option<RoomId>,
    pub customer_id: Option<UserId>,
    pub statuses: Vec<Status>,
    /// By start.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// Whose bookings a filter sees.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    Company(CompanyId),
    Customer(UserId),
}

fn domain(rows: Vec<BookingRow>) -> Result<Vec<Booking>, Error> {
    rows.into_iter().map(Booking::try_from).collect()
}

/// The status that counts at an instant, in SQL.
const STATUS_AT: &str = "CASE WHEN status = 'held' AND hold_expires_at <= ";
const STATUS_AT_REQUEST: &str = " THEN 'expired' WHEN status = 'requested' AND request_expires_at <= ";
const STATUS_AT_ELSE: &str = " THEN 'expired' ELSE status END";

/// All bookings of a customer, the newest first.
pub async fn list_mine(
    conn: &mut Conn,
    customer_id: UserId,
    after: Option<BookingId>,
    limit: i64,
) -> Result<Vec<Booking>, Error> {
    let mut query = bookings::table.filter(bookings::customer_user_id.eq(Some(customer_id))).into_boxed();
    if let Some(after) = after {
        query = query.filter(bookings::id.lt(after));
    }
    let page = query.order(bookings::id.desc()).limit(limit).select(BookingRow::as_select());
    domain(page.load(conn).await?)
}

/// A customer's bookings that are over in whatever way, the latest start first.
pub async fn list_history(
    conn: &mut Conn,
    customer_id: UserId,
    after: Option<ListKey>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Booking>, Error> {
    let now = now.to_diesel();
    let over = sql::<sql_types::Bool>("(ends_at <= ")
        .bind::<sql_types::Timestamptz, _>(now)
        .sql(" OR ")
        .sql(STATUS_AT)
        .bind::<sql_types::Timestamptz, _>(now)
        .sql(STATUS_AT_REQUEST)
        .bind::<sql_types::Timestamptz, _>(now)
        .sql(STATUS_AT_ELSE)
        .sql(" IN ('declined', 'expired', 'cancelled', 'completed', 'no_show'))");
    let mut query = bookings::table.filter(bookings::customer_user_id.eq(Some(customer_id))).filter(over).into_boxed();
    if let Some(after) = after {
        query = query.filter(
            sql::<sql_types::Bool>("(starts_at, id) < (")
                .bind::<sql_types::Timestamptz, _>(after.starts_at.to_diesel())
                .sql(", ")
                .bind::<sql_types::Uuid, _>(after.id)
                .sql(")"),
        );
    }
    let page = query.order((bookings::starts_at.desc(), bookings::id.desc())).limit(limit);
    domain(page.select(BookingRow::as_select()).load(conn).await?)
}

/// Bookings of one company or one customer, by start.
pub async fn filter_bookings(
    conn: &mut Conn,
    filter: &BookingFilter,
    after: Option<ListKey>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Booking>, Error> {
    let mut query = bookings::table.into_boxed::<Pg>();
    query = match filter.whose {
        Whose::Company(id) => query.filter(bookings::company_id.eq(id)),
        Whose::Customer(id) => query.filter(bookings::customer_user_id.eq(Some(id))),
    };
    if let Some(id) = filter.studio_id {
        query = query.filter(bookings::studio_id.eq(id));
    }
    if let Some(id) = filter.room_id {
        // Also where it is not the first room.
        let further = serde_json::json!([{"room_id": id}]).to_string();
        query = query.filter(
            bookings::room_id.eq(id).or(sql::<sql_types::Bool>("(further_rooms <> '[]' AND further_rooms @> ")
                .bind::<sql_types::Text, _>(further)
                .sql("::jsonb)")),
        );
    }
    if let Some(id) = filter.customer_id {
        query = query.filter(bookings::customer_user_id.eq(Some(id)));
    }
    if let Some(from) = filter.from {
        query = query.filter(bookings::starts_at.ge(from.to_diesel()));
    }
    if let Some(to) = filter.to {
        query = query.filter(bookings::starts_at.lt(to.to_diesel()));
    }
    if !filter.statuses.is_empty() {
        let wanted: Vec<&'static str> = filter.statuses.iter().map(|status| status.as_str()).collect();
        let now = now.to_diesel();
        query = query.filter(
            sql::<sql_types::Bool>(STATUS_AT)
                .bind::<sql_types::Timestamptz, _>(now)
                .sql(STATUS_AT_REQUEST)
                .bind::<sql_types::Timestamptz, _>(now)
                .sql(STATUS_AT_ELSE)
                .sql(" = ANY (")
                .bind::<sql_types::Array<sql_types::Text>, _>(wanted)
                .sql(")"),
        );
    }
    if let Some(after) = after {
        query = query.filter(
            sql::<sql_types::Bool>("(starts_at, id) > (")
                .bind::<sql_types::Timestamptz, _>(after.starts_at.to_diesel())
                .sql(", ")
                .bind::<sql_types::Uuid, _>(after.id)
                .sql(")"),
        );
    }
    let page = query.order((bookings::starts_at, bookings::id)).limit(limit);
    domain(page.select(BookingRow::as_select()).load(conn).await?)
}
