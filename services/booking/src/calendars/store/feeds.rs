//! Rows of feeds, and the bookings that they show.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, QueryableByName,
    SelectableHelper, sql_types,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{BookingId, CalendarId, CompanyId, RoomId, StudioId, UserId};
use store::{Conn, Error};

use crate::{
    bookings::{model::Booking, store::BookingRow},
    calendars::model::{Feed, FeedOf, Shown},
    schema::{bookings, calendar_feeds as feeds, rooms, studios},
};

/// The newest so many bookings of a feed are shown.
const SHOWN: i64 = 2_000;

pub async fn insert_feed(conn: &mut Conn, feed: &Feed, token_hash: &[u8], created_by: UserId) -> Result<(), Error> {
    let (room_id, studio_id) = match feed.of {
        FeedOf::Room(id) => (Some(id), None),
        FeedOf::Studio(id) => (None, Some(id)),
        FeedOf::Customer(_) => (None, None),
    };
    diesel::insert_into(feeds::table)
        .values((
            feeds::id.eq(feed.id),
            feeds::token_hash.eq(token_hash),
            feeds::created_by.eq(created_by),
            feeds::room_id.eq(room_id),
            feeds::studio_id.eq(studio_id),
            feeds::created_at.eq(feed.created_at.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

type FeedRow = (CalendarId, UserId, Option<RoomId>, Option<StudioId>, jiff_diesel::Timestamp);

fn feed((id, created_by, room_id, studio_id, created_at): FeedRow) -> Feed {
    let of = match (room_id, studio_id) {
        (Some(id), _) => FeedOf::Room(id),
        (None, Some(id)) => FeedOf::Studio(id),
        (None, None) => FeedOf::Customer(created_by),
    };
    Feed { id, of, created_at: created_at.to_jiff() }
}

const FEED: (feeds::id, feeds::created_by, feeds::room_id, feeds::studio_id, feeds::created_at) =
    (feeds::id, feeds::created_by, feeds::room_id, feeds::studio_id, feeds::created_at);

pub async fn find_feed_by_token(conn: &mut Conn, token_hash: &[u8]) -> Result<Option<Feed>, Error> {
    let row: Option<FeedRow> =
        feeds::table.filter(feeds::token_hash.eq(token_hash)).select(FEED).first(conn).await.optional()?;
    Ok(row.map(feed))
}

pub async fn list_feeds(
    conn: &mut Conn,
    created_by: UserId,
    after: Option<CalendarId>,
    limit: i64,
) -> Result<Vec<Feed>, Error> {
    let rows: Vec<FeedRow> = feeds::table
        .filter(feeds::created_by.eq(created_by))
        .filter(feeds::id.gt(after.unwrap_or(CalendarId::from_uuid(uuid::Uuid::nil()))))
        .order(feeds::id)
        .limit(limit)
        .select(FEED)
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(feed).collect())
}

/// False when the caller has no such feed.
pub async fn delete_feed(conn: &mut Conn, id: CalendarId, created_by: UserId) -> Result<bool, Error> {
    let theirs = feeds::table.find(id).filter(feeds::created_by.eq(created_by));
    Ok(diesel::delete(theirs).execute(conn).await? == 1)
}

/// Ends every feed of somebody who is forgotten.
pub async fn delete_feeds_of(conn: &mut Conn, created_by: UserId) -> Result<(), Error> {
    diesel::delete(feeds::table.filter(feeds::created_by.eq(created_by))).execute(conn).await?;
    Ok(())
}

/// Ends what somebody who has left a company could see of it.
pub async fn delete_feeds_at(conn: &mut Conn, created_by: UserId, company_id: CompanyId) -> Result<(), Error> {
    let of_rooms = rooms::table.filter(rooms::company_id.eq(company_id)).select(rooms::id.nullable());
    let of_studios = studios::table.filter(studios::company_id.eq(company_id)).select(studios::id.nullable());
    let theirs = feeds::table
        .filter(feeds::created_by.eq(created_by))
        .filter(feeds::room_id.eq_any(of_rooms).or(feeds::studio_id.eq_any(of_studios)));
    diesel::delete(theirs).execute(conn).await?;
    Ok(())
}

type ShownRow = (BookingRow, jiff_diesel::Timestamp, String, String, String, String);

#[derive(QueryableByName)]
struct IdRow {
    #[diesel(sql_type = sql_types::Uuid)]
    id: BookingId,
}

/// Bookings that have the room as their first or beside it, and those that occupy it because theirs stands for it.
async fn find_bookings_of_room(conn: &mut Conn, room_id: RoomId, since: Timestamp) -> Result<Vec<BookingId>, Error> {
    let further = serde_json::json!([{"room_id": room_id}]).to_string();
    // No booking is longer than a week, so those that end later begin at most so long before.
    let rows: Vec<IdRow> = diesel::sql_query(
        "SELECT id FROM bookings
         WHERE room_id = $1 AND starts_at >= $2 - make_interval(hours => 169) AND ends_at >= $2
         UNION
         SELECT id FROM bookings WHERE further_rooms <> '[]' AND further_rooms @> $3::jsonb AND ends_at >= $2
         UNION
         SELECT booking_id FROM occupancies
         WHERE active AND room_id = $1 AND period && tstzrange($2, NULL) AND booking_id IS NOT NULL",
    )
    .bind::<sql_types::Uuid, _>(room_id)
    .bind::<sql_types::Timestamptz, _>(since.to_diesel())
    .bind::<sql_types::Text, _>(further)
    .load(conn)
    .await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

/// The bookings of a feed that end at an instant or later, by start, with the names that stand beside them.
pub async fn find_shown(conn: &mut Conn, of: FeedOf, since: Timestamp) -> Result<Vec<Shown>, Error> {
    let of_room = match of {
        FeedOf::Room(id) => find_bookings_of_room(conn, id, since).await?,
        FeedOf::Studio(_) | FeedOf::Customer(_) => Vec::new(),
    };
    let mut query = bookings::table
        .inner_join(rooms::table)
        .inner_join(studios::table)
        .filter(bookings::ends_at.ge(since.to_diesel()))
        .order((bookings::ends_at.desc(), bookings::id))
        .limit(SHOWN)
        .select((
            BookingRow::as_select(),
            bookings::updated_at,
            studios::name,
            rooms::name,
            studios::line1,
            studios::postal_code,
        ))
        .into_boxed();
    query = match of {
        FeedOf::Room(_) => query.filter(bookings::id.eq_any(of_room)),
        FeedOf::Studio(id) => query.filter(bookings::studio_id.nullable().eq(id)),
        FeedOf::Customer(id) => query.filter(bookings::customer_user_id.eq(id)),
    };
    let rows: Vec<ShownRow> = query.load(conn).await?;
    let shown = |(row, updated_at, studio_name, room_name, line1, postal_code): ShownRow| {
        Ok(Shown {
            booking: Booking::try_from(row)?,
            updated_at: updated_at.to_jiff(),
            studio_name,
            room_name,
            address: format!("{line1}, {postal_code}"),
        })
    };
    rows.into_iter().map(shown).collect()
}

/// The name of what a feed shows.
pub async fn find_name(conn: &mut Conn, of: FeedOf) -> Result<Option<String>, Error> {
    let name = match of {
        FeedOf::Room(id) => rooms::table.find(id).select(rooms::name).first(conn).await.optional()?,
        FeedOf::Studio(id) => studios::table.find(id).select(studios::name).first(conn).await.optional()?,
        FeedOf::Customer(_) => Some("Bookings".to_owned()),
    };
    Ok(name)
}
