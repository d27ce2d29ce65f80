//! Making quotes.

use kernel::RoomId;

use super::{
    Priced, QuoteError, SignedQuote, Wishes, price_with,
    token::{VALID_FOR, sorted},
};
use crate::{
    availability::{Asked, Together, store as availability},
    startup::App,
};

/// A quote with its token.
#[derive(Debug)]
pub struct Quote {
    pub token: String,
    pub content: SignedQuote,
}

/// What an interval costs. Whether it can be had is another question, asked elsewhere.
pub async fn calculate_price(
    app: &App,
    room_ids: &[RoomId],
    asked: Asked,
    wishes: &Wishes,
) -> Result<Quote, QuoteError> {
    let mut conn = app.db.conn().await?;
    let found = availability::find_bookables(&mut conn, room_ids).await?;
    let rooms = Together::new(found.ok_or(QuoteError::NotFound)?)?.ok_or(QuoteError::NotFound)?;
    let interval = asked.interval(rooms.zone())?;
    if interval.minutes() > rooms.longest_minutes() {
        return Err(QuoteError::TooLong);
    }
    let now = app.clock.now();
    let Priced { price, promotion_id } = price_with(&mut conn, &rooms, interval, wishes, now).await?;
    let content = SignedQuote {
        room_id: rooms.first().calendar.room.id,
        further_room_ids: rooms.further().iter().map(|room| room.calendar.room.id).collect(),
        starts_at: interval.start(),
        ends_at: interval.end(),
        add_ons: sorted(&wishes.add_ons),
        price_version: rooms.first().prices.as_ref().map_or(0, |list| list.version),
        price,
        promotion_id,
        expires_at: now + VALID_FOR,
    };
    Ok(Quote { token: app.config.quote_key.sign(&content)?, content })
}
