//! A booking as a payable: from its events, and from booking's answer where an event has not arrived yet.

use contracts::booking::v1::BookingState;
use jiff::{Timestamp, tz::TimeZone};
use kernel::{BookingId, UserId};
use serde::Deserialize;

use super::{Payable, PayableError, PayableRef, PayableState};

const LONGEST_NAME: usize = 80;

/// What `GET /internal/bookings/{id}` answers, as far as it matters here: the fields of the contract's `BookingState`.
#[derive(Debug, Clone, Deserialize)]
pub struct BookingBody {
    pub booking_id: String,
    pub version: i64,
    pub status: String,
    pub company_id: String,
    pub company_country: String,
    pub studio_name: String,
    pub room_name: String,
    pub customer_user_id: String,
    pub starts_at_micros: i64,
    pub ends_at_micros: i64,
    pub time_zone: String,
    pub currency: String,
    pub subtotal: i64,
    pub total: i64,
    pub deposit_due: i64,
    pub amount_paid: i64,
    #[serde(default)]
    pub credited: i64,
    #[serde(default)]
    pub hold_expires_at_micros: Option<i64>,
}

impl From<BookingBody> for BookingState {
    fn from(body: BookingBody) -> Self {
        Self {
            booking_id: body.booking_id,
            version: body.version,
            status: body.status,
            company_id: body.company_id,
            company_country: body.company_country,
            studio_name: body.studio_name,
            room_name: body.room_name,
            customer_user_id: body.customer_user_id,
            starts_at_micros: body.starts_at_micros,
            ends_at_micros: body.ends_at_micros,
            time_zone: body.time_zone,
            currency: body.currency,
            subtotal: body.subtotal,
            total: body.total,
            deposit_due: body.deposit_due,
            amount_paid: body.amount_paid,
            credited: body.credited,
            hold_expires_at_micros: body.hold_expires_at_micros,
            ..Self::default()
        }
    }
}

impl TryFrom<&BookingState> for Payable {
    type Error = PayableError;

    fn try_from(booking: &BookingState) -> Result<Self, PayableError> {
        let booking_id: BookingId = booking.booking_id.parse().map_err(unreadable("booking_id"))?;
        let state = state_of(&booking.status)?;
        Ok(Self {
            reference: PayableRef::Booking(booking_id),
            version: booking.version,
            state,
            company_id: booking.company_id.parse().map_err(unreadable("company_id"))?,
            company_country: booking.company_country.clone(),
            customer_user_id: customer(&booking.customer_user_id)?,
            description: description(booking)?,
            currency: booking.currency.parse().map_err(unreadable("currency"))?,
            subtotal: booking.subtotal,
            total: booking.total,
            deposit_due: booking.deposit_due,
            amount_paid: booking.amount_paid,
            credited: booking.credited,
            expires_at: expires_at(booking)?,
            starts_at: instant(booking.starts_at_micros).map_err(unreadable("starts_at_micros"))?,
            ends_at: instant(booking.ends_at_micros).map_err(unreadable("ends_at_micros"))?,
        })
    }
}

fn unreadable<E: std::fmt::Display>(field: &'static str) -> impl FnOnce(E) -> PayableError {
    move |error| PayableError::Unreadable { field, detail: error.to_string() }
}

/// Empty for a guest of the company.
fn customer(user_id: &str) -> Result<Option<UserId>, PayableError> {
    let given = Some(user_id).filter(|user_id| !user_id.is_empty());
    given.map(str::parse).transpose().map_err(unreadable("customer_user_id"))
}

fn state_of(status: &str) -> Result<PayableState, PayableError> {
    match status {
        "requested" => Ok(PayableState::Awaiting),
        // A deposit confirms a booking; its balance is due until it is paid, also when the booking is over.
        "held" | "confirmed" | "completed" | "no_show" => Ok(PayableState::Open),
        "expired" => Ok(PayableState::Expired),
        "declined" | "cancelled" => Ok(PayableState::Closed),
        other => Err(PayableError::Unreadable { field: "status", detail: other.to_owned() }),
    }
}

/// Only a hold runs out.
fn expires_at(booking: &BookingState) -> Result<Option<Timestamp>, PayableError> {
    let micros = booking.hold_expires_at_micros.filter(|_| booking.status == "held");
    micros.map(Timestamp::from_microsecond).transpose().map_err(unreadable("hold_expires_at_micros"))
}

/// Nobody books the beginning of time.
fn instant(micros: i64) -> Result<Option<Timestamp>, jiff::Error> {
    Some(micros).filter(|micros| *micros != 0).map(Timestamp::from_microsecond).transpose()
}

/// Providers limit the length of a line.
fn shortened(name: &str) -> String {
    name.chars().take(LONGEST_NAME).collect()
}

/// `Room 1, Studio North, 28 March 2027, 18:00` by the studio's clock.
fn description(booking: &BookingState) -> Result<String, PayableError> {
    let starts_at = Timestamp::from_microsecond(booking.starts_at_micros).map_err(unreadable("starts_at_micros"))?;
    let zone = TimeZone::get(&booking.time_zone).unwrap_or(TimeZone::UTC);
    let local = starts_at.to_zoned(zone).strftime("%-d %B %Y, %H:%M");
    Ok(format!("{}, {}, {local}", shortened(&booking.room_name), shortened(&booking.studio_name)))
}

#[cfg(test)]
mod tests {
    use kernel::CompanyId;

    use super::*;

    fn booking(status: &str) -> BookingState {
        BookingState {
            booking_id: BookingId::new().to_string(),
            version: 3,
            status: status.to_owned(),
            company_id: CompanyId::new().to_string(),
            company_country: "DE".to_owned(),
            studio_name: "Studio North".to_owned(),
            room_name: "Room 1".to_owned(),
            customer_user_id: UserId::new().to_string(),
            starts_at_micros: 1_806_253_200_000_000,
            time_zone: "Europe/Berlin".to_owned(),
            currency: "EUR".to_owned(),
            subtotal: 10_000,
            total: 11_900,
            hold_expires_at_micros: Some(1_806_000_000_000_000),
            ..BookingState::default()
        }
    }

    #[test]
    fn the_description_tells_the_studios_time() {
        let payable = Payable::try_from(&booking("held")).unwrap();
        assert_eq!(payable.description, "Room 1, Studio North, 28 March 2027, 19:00");
    }

    #[test]
    fn every_status_of_a_booking_is_understood_and_only_holds_expire() {
        for (status, state, expires) in [
            ("requested", PayableState::Awaiting, false),
            ("held", PayableState::Open, true),
            ("confirmed", PayableState::Open, false),
            ("completed", PayableState::Open, false),
            ("no_show", PayableState::Open, false),
            ("declined", PayableState::Closed, false),
            ("cancelled", PayableState::Closed, false),
            ("expired", PayableState::Expired, false),
        ] {
            let payable = Payable::try_from(&booking(status)).unwrap();
            assert_eq!((payable.state, payable.expires_at.is_some()), (state, expires), "{status}");
        }
        assert!(Payable::try_from(&booking("lost")).is_err());
    }

    #[test]
    fn a_state_with_an_unreadable_field_is_refused_by_name() {
        let mut state = booking("held");
        state.currency = "XXX".to_owned();
        let error = Payable::try_from(&state).unwrap_err();
        assert!(error.to_string().contains("currency"), "{error}");
    }
}
