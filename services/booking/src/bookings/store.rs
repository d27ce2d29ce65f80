//! Rows of bookings. Finders of request paths take an [`Access`]; what somebody may not see is not found.

mod links;
mod lists;
mod payments;
mod reminders;
mod row;

pub use links::{Link, find_booking_of_link, find_link, insert_link, use_link};
pub use lists::{BookingFilter, ListKey, Whose, filter_bookings, list_history, list_mine};
pub use payments::{
    DeskPayment, DeskPosition, DeskRefund, list_desk_payments, payment_is_known, record_desk_payment,
    record_desk_refund, record_payment, record_refund, record_returned_refund, sum_refunds,
};

pub use reminders::{find_reminders_due, next_reminder_due, record_reminder};

use diesel::{
    BoolExpressionMethods, ExpressionMethods, NullableExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper,
    dsl::{exists, select, sql},
    sql_types,
};
use diesel_async::RunQueryDsl;
use futures_util::try_join;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{AddOnId, BookingId, CompanyId, RoomId, UserId};
use service_kit::Caller;
use store::{
    Conn, Error,
    sql::{Prepare, statement},
};

pub use self::row::BookingRow;
use self::row::{ChangeRow, NewBookingRow};
use super::{
    events::Place,
    model::{BookedRoom, Booking, Status},
};
use crate::{
    jsonb::Jsonb,
    prices::model::AddOnChoice,
    schema::{booking_add_ons, bookings, occupancies},
};

/// Whose bookings may be seen: those one made, and those of companies one works for.
#[derive(Debug, Clone)]
pub struct Access {
    pub user_id: UserId,
    pub companies: Vec<CompanyId>,
}

impl Access {
    pub fn of(caller: &Caller) -> Self {
        let companies = caller.claims().companies.iter().map(|membership| membership.id).collect();
        Self { user_id: caller.user_id(), companies }
    }

    /// Only what the caller may see as the company's staff.
    pub fn of_staff(caller: &Caller) -> Self {
        // The nil id is nobody's.
        Self { user_id: UserId::from_uuid(uuid::Uuid::nil()), ..Self::of(caller) }
    }
}

/// May be one of several statements in flight; what refers to the booking comes after it.
pub async fn insert_booking(mut conn: &Conn, booking: &Booking) -> Result<(), Error> {
    diesel::insert_into(bookings::table).values(NewBookingRow::from(booking)).execute(&mut conn).await?;
    Ok(())
}

/// Replaces the add-ons of a booking.
pub async fn replace_choices(conn: &mut Conn, booking: &Booking, choices: &[AddOnChoice]) -> Result<(), Error> {
    let theirs = booking_add_ons::table.filter(booking_add_ons::booking_id.eq(booking.id));
    diesel::delete(theirs).execute(conn).await?;
    insert_choices(conn, booking, choices).await
}

pub async fn find_choices(conn: &mut Conn, id: BookingId) -> Result<Vec<AddOnChoice>, Error> {
    let rows: Vec<(AddOnId, i32)> = booking_add_ons::table
        .filter(booking_add_ons::booking_id.eq(id))
        .order(booking_add_ons::add_on_id)
        .select((booking_add_ons::add_on_id, booking_add_ons::quantity))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(id, quantity)| AddOnChoice { id, quantity }).collect())
}

pub async fn insert_choices(conn: &mut Conn, booking: &Booking, choices: &[AddOnChoice]) -> Result<(), Error> {
    if choices.is_empty() {
        return Ok(());
    }
    let rows: Vec<(_, _, _)> = choices
        .iter()
        .map(|choice| {
            let add_on: AddOnId = choice.id;
            (
                booking_add_ons::booking_id.eq(booking.id),
                booking_add_ons::add_on_id.eq(add_on),
                booking_add_ons::quantity.eq(choice.quantity),
            )
        })
        .collect();
    diesel::insert_into(booking_add_ons::table).values(rows).execute(conn).await?;
    Ok(())
}

/// Saves a changed booking; the version before must be the stored one.
pub async fn update_booking(conn: &mut Conn, booking: &Booking, before: i64, now: Timestamp) -> Result<(), Error> {
    let updated = diesel::update(bookings::table.find(booking.id).filter(bookings::version.eq(before)))
        .set((ChangeRow::from(booking), bookings::updated_at.eq(now.to_diesel())))
        .prepared()
        .execute(conn)
        .await?;
    if updated == 1 { Ok(()) } else { Err(diesel::result::Error::NotFound.into()) }
}

pub async fn find_booking(conn: &mut Conn, id: BookingId, access: &Access) -> Result<Option<Booking>, Error> {
    let row = bookings::table
        .find(id)
        .filter(
            bookings::customer_user_id
                .eq(Some(access.user_id))
                .or(bookings::company_id.nullable().eq_any(access.companies.iter().map(|id| Some(*id)))),
        )
        .select(BookingRow::as_select())
        .first(conn)
        .await
        .optional()?;
    row.map(Booking::try_from).transpose()
}

/// Bookings that somebody else has found by what they may see.
pub async fn find_bookings(conn: &mut Conn, ids: &[BookingId]) -> Result<Vec<Booking>, Error> {
    let rows: Vec<BookingRow> =
        bookings::table.filter(bookings::id.eq_any(ids)).select(BookingRow::as_select()).load(conn).await?;
    rows.into_iter().map(Booking::try_from).collect()
}

/// For other services and for what happens by itself: nobody's request path.
pub async fn find_booking_for_service(conn: &mut Conn, id: BookingId) -> Result<Option<Booking>, Error> {
    let row = bookings::table.find(id).select(BookingRow::as_select()).first(conn).await.optional()?;
    row.map(Booking::try_from).transpose()
}

/// The rooms whose locks guard a booking.
pub async fn find_rooms_of(conn: &mut Conn, id: BookingId) -> Result<Option<Vec<RoomId>>, Error> {
    let row: Option<(RoomId, Jsonb<Vec<BookedRoom>>)> =
        bookings::table.find(id).select((bookings::room_id, bookings::further_rooms)).first(conn).await.optional()?;
    let all = |(first, further): (RoomId, Jsonb<Vec<BookedRoom>>)| {
        std::iter::once(first).chain(further.0.into_iter().map(|room| room.room_id)).collect()
    };
    Ok(row.map(all))
}

/// The bookings that occupy a room and are not over, in the order of ids.
pub async fn find_occupying(conn: &mut Conn, room_id: RoomId, now: Timestamp) -> Result<Vec<BookingId>, Error> {
    let ids: Vec<Option<BookingId>> = occupancies::table
        .filter(occupancies::active)
        .filter(occupancies::room_id.eq(room_id))
        .filter(occupancies::booking_id.is_not_null())
        .filter(
            sql::<sql_types::Bool>("period && tstzrange(")
                .bind::<sql_types::Timestamptz, _>(now.to_diesel())
                .sql(", NULL)"),
        )
        .order(occupancies::booking_id)
        .select(occupancies::booking_id)
        .load(conn)
        .await?;
    Ok(ids.into_iter().flatten().collect())
}

/// Locks the booking; its rooms are locked already.
pub async fn lock_booking(conn: &mut Conn, id: BookingId) -> Result<Option<Booking>, Error> {
    let row =
        bookings::table.find(id).select(BookingRow::as_select()).for_no_key_update().first(conn).await.optional()?;
    row.map(Booking::try_from).transpose()
}

/// Forgets what a customer wrote; the bookings stay.
pub async fn forget_words_of(conn: &mut Conn, customer_id: UserId) -> Result<(), Error> {
    let theirs = bookings::table.filter(bookings::customer_user_id.eq(Some(customer_id)));
    diesel::update(theirs).set(bookings::note.eq(None::<String>)).execute(conn).await?;
    let cancelled = theirs.filter(bookings::cancelled_by.eq("customer"));
    diesel::update(cancelled).set(bookings::cancel_reason.eq(None::<String>)).execute(conn).await?;
    Ok(())
}

/// The names that events carry; the rooms in the order they were booked in.
pub async fn find_place(conn: &mut Conn, booking: &Booking) -> Result<Place, Error> {
    let wanted = booking.room_ids();
    let rows: Vec<(RoomId, String, String, String)> =
        statement::<(sql_types::Uuid, sql_types::Text, sql_types::Text, sql_types::Text)>(
            "SELECT r.id, r.name, s.name, c.country FROM unnest((SELECT ?)) AS wanted (id) JOIN rooms r USING (id) \
             JOIN studios s ON s.id = r.studio_id JOIN companies c ON c.id = r.company_id",
        )
        .bind::<sql_types::Array<sql_types::Uuid>, _>(&wanted)
        .load(conn)
        .await?;
    let named = wanted.iter().filter_map(|id| rows.iter().find(|row| row.0 == *id)).map(|row| row.1.as_str());
    let room_name = named.collect::<Vec<_>>().join(", ");
    let (_, _, studio_name, company_country) = rows.into_iter().next().ok_or(diesel::result::Error::NotFound)?;
    Ok(Place { studio_name, room_name, company_country })
}

diesel::define_sql_function! {
    /// Until the transaction ends. Answers nothing that could be read.
    fn pg_advisory_xact_lock(key: sql_types::BigInt) -> sql_types::Bool;
}

/// A customer's open unpaid holds at a company. Bookings of one customer at one company wait for each other from here
/// on, or several at once would all count to one below the limit. The locks of rooms come before this one, always, and
/// after it nothing that whoever waits for it may hold. The two statements are one flight: the second begins, and sees
/// what others have committed, when the first has got the lock.
pub async fn count_open_holds(
    conn: &Conn,
    customer_id: UserId,
    company_id: CompanyId,
    now: Timestamp,
) -> Result<i64, Error> {
    let (customer, company) = (customer_id.uuid().as_u64_pair(), company_id.uuid().as_u64_pair());
    let key = (customer.0 ^ customer.1.rotate_left(21) ^ company.0.rotate_left(42) ^ company.1) as i64;
    let open = bookings::table
        .filter(bookings::customer_user_id.eq(Some(customer_id)))
        .filter(bookings::company_id.eq(company_id))
        .filter(bookings::status.eq("held"))
        .filter(bookings::hold_expires_at.gt(Some(now).to_diesel()))
        .count();
    let (mut first, mut second) = (conn, conn);
    let lock = diesel::select(pg_advisory_xact_lock(key)).execute(&mut first);
    let (_, count) = try_join!(lock, open.get_result(&mut second))?;
    Ok(count)
}

/// True for somebody who has booked at the company before.
pub async fn is_customer_of(conn: &mut Conn, user_id: UserId, company_id: CompanyId) -> Result<bool, Error> {
    let theirs = bookings::table
        .filter(bookings::customer_user_id.eq(Some(user_id)))
        .filter(bookings::company_id.eq(company_id));
    Ok(select(exists(theirs)).get_result(conn).await?)
}

/// Something that happens by itself at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    HoldExpiry,
    RequestExpiry,
    Completion,
}

/// The bookings for which it is time, the earliest first.
pub async fn find_due(conn: &mut Conn, due: Due, now: Timestamp, limit: i64) -> Result<Vec<BookingId>, Error> {
    let now = now.to_diesel();
    let due_ids = bookings::table.select(bookings::id).limit(limit);
    let (held, requested, ends) = (bookings::hold_expires_at, bookings::request_expires_at, bookings::ends_at);
    let ids = match due {
        Due::HoldExpiry => {
            let lapsed = bookings::status.eq("held").and(held.le(now));
            due_ids.filter(lapsed.assume_not_null()).order(held).load(conn).await?
        }
        Due::RequestExpiry => {
            let lapsed = bookings::status.eq("requested").and(requested.le(now));
            due_ids.filter(lapsed.assume_not_null()).order(requested).load(conn).await?
        }
        Due::Completion => {
            due_ids.filter(bookings::status.eq("confirmed").and(ends.le(now))).order(ends).load(conn).await?
        }
    };
    Ok(ids)
}

/// The earliest instant at which it will be time for some booking.
pub async fn next_due(conn: &mut Conn, due: Due) -> Result<Option<Timestamp>, Error> {
    let status = |status: Status| bookings::status.eq(status.as_str());
    let earliest: Option<jiff_diesel::NullableTimestamp> = match due {
        Due::HoldExpiry => {
            let open = bookings::table.filter(status(Status::Held)).order(bookings::hold_expires_at);
            open.select(bookings::hold_expires_at).first(conn).await.optional()?
        }
        Due::RequestExpiry => {
            let open = bookings::table.filter(status(Status::Requested)).order(bookings::request_expires_at);
            open.select(bookings::request_expires_at).first(conn).await.optional()?
        }
        Due::Completion => {
            let open = bookings::table.filter(status(Status::Confirmed)).order(bookings::ends_at);
            open.select(bookings::ends_at.nullable()).first(conn).await.optional()?
        }
    };
    Ok(earliest.and_then(jiff_diesel::NullableTimestamp::to_jiff))
}
