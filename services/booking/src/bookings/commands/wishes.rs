//! What is booked beside the rooms: what it costs, and writing it down.

use jiff::Timestamp;
use store::Conn;

use super::NewBooking;
use crate::{
    availability::Together,
    bookings::{BookingError, Refusal, model::Booking, store as bookings},
    interval::Interval,
    prices::model::AddOnChoice,
    promotions::{model::normalized, redemptions::insert_redemption},
    quotes::{Expected, Priced, Wishes, price_with},
    startup::App,
};

impl NewBooking {
    /// By the quote where there is one, else by the price lists in force; with the add-ons that are in it.
    pub(super) async fn priced(
        &self,
        app: &App,
        conn: &mut Conn,
        rooms: &Together,
        interval: Interval,
        now: Timestamp,
    ) -> Result<(Priced, Vec<AddOnChoice>), BookingError> {
        if let Some(token) = &self.quote_token {
            return self.quoted(app, token, interval, now);
        }
        let wishes = Wishes {
            add_ons: self.add_ons.clone().unwrap_or_default(),
            party_size: self.party_size,
            promotion_code: self.promotion_code.clone(),
        };
        Ok((price_with(conn, rooms, interval, &wishes, now).await?, wishes.add_ons))
    }

    fn quoted(
        &self,
        app: &App,
        token: &str,
        interval: Interval,
        now: Timestamp,
    ) -> Result<(Priced, Vec<AddOnChoice>), BookingError> {
        let code = self.promotion_code.as_deref().map(normalized);
        let expected = Expected {
            room_ids: &self.room_ids,
            interval,
            add_ons: self.add_ons.as_deref(),
            party_size: self.party_size,
            promotion_code: code.as_deref(),
        };
        let quote = app.config.quote_key.redeem(token, &expected, now).map_err(Refusal::Quote)?;
        Ok((Priced { price: quote.price, promotion_id: quote.promotion_id }, quote.add_ons))
    }
}

/// Add-ons, and the use of a promotion. Whether they can be had is another question.
pub async fn insert_extras(
    conn: &mut Conn,
    booking: &Booking,
    priced: &Priced,
    choices: &[AddOnChoice],
) -> Result<(), BookingError> {
    bookings::insert_choices(conn, booking, choices).await?;
    if let Some(id) = priced.promotion_id {
        insert_redemption(conn, booking.id, id, booking.customer_id(), booking.created_at).await?;
    }
    Ok(())
}
