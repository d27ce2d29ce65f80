//! A booking as a row, and back.

use diesel::{AsChangeset, Insertable, Queryable, Selectable};
use jiff_diesel::{NullableTimestamp, Timestamp, ToDiesel};
use kernel::{BookingId, CompanyId, Currency, Money, RoomId, SeriesId, StudioId, UserId};
use serde::{Deserialize, Serialize};
use store::Error;

use crate::{
    bookings::{
        cancellation::Canceller,
        model::{BookedRoom, Booking, Cancellation, Customer, Guest, PaymentMode, Status, Till},
    },
    interval::Interval,
    jsonb::Jsonb,
    prices::engine::Price,
    schema::bookings,
};

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = bookings)]
pub struct BookingRow {
    id: BookingId,
    version: i64,
    status: String,
    company_id: CompanyId,
    studio_id: StudioId,
    room_id: RoomId,
    customer_user_id: Option<UserId>,
    details: Jsonb<Details>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    original_starts_at: Timestamp,
    time_zone: String,
    turnaround_minutes: i32,
    further_rooms: Jsonb<Vec<BookedRoom>>,
    hold_minutes: i32,
    free_cancellation_until: Timestamp,
    price: Jsonb<Price>,
    currency: Currency,
    amount_paid: i64,
    amount_refunded: i64,
    hold_expires_at: NullableTimestamp,
    request_expires_at: NullableTimestamp,
    note: Option<String>,
    cancelled_by: Option<String>,
    cancel_reason: Option<String>,
    refund_due: Option<i64>,
    created_at: Timestamp,
    series_id: Option<SeriesId>,
}

/// What few bookings have, as one document.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    guest: Option<Guest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    booked_by: Option<UserId>,
    payment_mode: PaymentMode,
    desk: Till,
    credited: i64,
    repriced: bool,
    refund_at_desk: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_in_at: Option<jiff::Timestamp>,
}

impl From<&Booking> for Details {
    fn from(booking: &Booking) -> Self {
        let guest = match &booking.customer {
            Customer::Guest(guest) => Some(guest.clone()),
            Customer::Account(_) => None,
        };
        Self {
            guest,
            booked_by: booking.booked_by,
            payment_mode: booking.payment_mode,
            desk: booking.desk,
            credited: booking.credited,
            repriced: booking.repriced,
            refund_at_desk: booking.cancellation.as_ref().map_or(0, |cancellation| cancellation.refund_at_desk.amount),
            checked_in_at: booking.checked_in_at,
        }
    }
}

/// What the checks of the table make impossible.
fn corrupt(what: &'static str) -> Error {
    diesel::result::Error::DeserializationError(what.into()).into()
}

impl TryFrom<BookingRow> for Booking {
    type Error = Error;

    fn try_from(row: BookingRow) -> Result<Self, Error> {
        let details = row.details.0;
        let money = |amount| Money::new(amount, row.currency);
        let interval = Interval::new(row.starts_at.to_jiff(), row.ends_at.to_jiff());
        let by = row.cancelled_by.as_deref().and_then(Canceller::from_column);
        let cancellation = by.map(|by| Cancellation {
            by,
            reason: row.cancel_reason,
            refund: money(row.refund_due.unwrap_or_default()),
            refund_at_desk: money(details.refund_at_desk),
        });
        let customer = match (row.customer_user_id, details.guest) {
            (Some(user_id), _) => Customer::Account(user_id),
            (None, Some(guest)) => Customer::Guest(guest),
            (None, None) => return Err(corrupt("no customer")),
        };
        Ok(Self {
            id: row.id,
            version: row.version,
            status: Status::from_column(&row.status).ok_or_else(|| corrupt("unknown status"))?,
            company_id: row.company_id,
            studio_id: row.studio_id,
            room_id: row.room_id,
            customer,
            booked_by: details.booked_by,
            payment_mode: details.payment_mode,
            interval: interval.ok_or_else(|| corrupt("empty interval"))?,
            original_starts_at: row.original_starts_at.to_jiff(),
            time_zone: row.time_zone,
            turnaround_minutes: row.turnaround_minutes,
            further_rooms: row.further_rooms.0,
            hold_minutes: row.hold_minutes,
            free_cancellation_until: row.free_cancellation_until.to_jiff(),
            price: row.price.0,
            amount_paid: money(row.amount_paid),
            amount_refunded: money(row.amount_refunded),
            desk: details.desk,
            credited: details.credited,
            repriced: details.repriced,
            hold_expires_at: row.hold_expires_at.to_jiff(),
            request_expires_at: row.request_expires_at.to_jiff(),
            note: row.note,
            cancellation,
            checked_in_at: details.checked_in_at,
            series_id: row.series_id,
            created_at: row.created_at.to_jiff(),
        })
    }
}

// With its nulls written out every insert is the same statement, prepared once a connection.
#[derive(Debug, Insertable)]
#[diesel(table_name = bookings, treat_none_as_default_value = false)]
pub struct NewBookingRow<'a> {
    id: BookingId,
    company_id: CompanyId,
    studio_id: StudioId,
    time_zone: &'a str,
    hold_minutes: i32,
    free_cancellation_until: Timestamp,
    note: Option<&'a str>,
    created_at: Timestamp,
    updated_at: Timestamp,
    series_id: Option<SeriesId>,
    #[diesel(embed)]
    change: ChangeRow,
}

/// What changes of a booking after it was made.
#[derive(Debug, Insertable, AsChangeset)]
#[diesel(table_name = bookings, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct ChangeRow {
    version: i64,
    status: String,
    customer_user_id: Option<UserId>,
    details: Jsonb<Details>,
    room_id: RoomId,
    turnaround_minutes: i32,
    further_rooms: Jsonb<Vec<BookedRoom>>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    original_starts_at: Timestamp,
    price: Jsonb<Price>,
    currency: Currency,
    total: i64,
    deposit_due: i64,
    amount_paid: i64,
    amount_refunded: i64,
    hold_expires_at: NullableTimestamp,
    request_expires_at: NullableTimestamp,
    cancelled_by: Option<String>,
    cancel_reason: Option<String>,
    refund_due: Option<i64>,
}

impl<'a> From<&'a Booking> for NewBookingRow<'a> {
    fn from(booking: &'a Booking) -> Self {
        Self {
            id: booking.id,
            company_id: booking.company_id,
            studio_id: booking.studio_id,
            time_zone: &booking.time_zone,
            hold_minutes: booking.hold_minutes,
            free_cancellation_until: booking.free_cancellation_until.to_diesel(),
            note: booking.note.as_deref(),
            created_at: booking.created_at.to_diesel(),
            updated_at: booking.created_at.to_diesel(),
            series_id: booking.series_id,
            change: ChangeRow::from(booking),
        }
    }
}

impl From<&Booking> for ChangeRow {
    fn from(booking: &Booking) -> Self {
        let cancellation = booking.cancellation.as_ref();
        Self {
            version: booking.version,
            status: booking.status.as_str().to_owned(),
            customer_user_id: booking.customer_id(),
            details: Jsonb(Details::from(booking)),
            room_id: booking.room_id,
            turnaround_minutes: booking.turnaround_minutes,
            further_rooms: Jsonb(booking.further_rooms.clone()),
            starts_at: booking.interval.start().to_diesel(),
            ends_at: booking.interval.end().to_diesel(),
            original_starts_at: booking.original_starts_at.to_diesel(),
            currency: booking.currency(),
            total: booking.price.total.amount,
            deposit_due: booking.price.deposit_due.amount,
            price: Jsonb(booking.price.clone()),
            amount_paid: booking.amount_paid.amount,
            amount_refunded: booking.amount_refunded.amount,
            hold_expires_at: booking.hold_expires_at.to_diesel(),
            request_expires_at: booking.request_expires_at.to_diesel(),
            cancelled_by: cancellation.map(|cancellation| cancellation.by.as_str().to_owned()),
            cancel_reason: cancellation.and_then(|cancellation| cancellation.reason.clone()),
            refund_due: cancellation.map(|cancellation| cancellation.refund.amount),
        }
    }
}
