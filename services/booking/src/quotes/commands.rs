//! Making quotes.

use kernel::RoomId;

use super::{
    Priced, QuoteError, SignedQuote, Wishes, price_with,
    token::{VALID_FOR, sorted},
};
use crate::{
    availability::{
        Asked,
        store::{self as availability, Bookable},
    },
    startup::App,
};

/// A quote with its token.
#[derive(Debug)]
pub struct Quote {
    pub token: String,
    pub content: SignedQuote,
}

/// What an interval costs. Whether it can be had is another question, asked elsewhere.
pub async fn calculate_price(app: &App, room_id: RoomId, asked: Asked, wishes: &Wishes) -> Result<Quote, QuoteError> {
    let mut conn = app.db.conn().await?;
    let found = availability::find_bookable(&mut conn, room_id).await?;
    let Bookable { calendar, prices } = found.ok_or(QuoteError::NotFound)?;
    let list = prices.ok_or(QuoteError::PricesMissing)?;
    let interval = asked.interval(&calendar.zone)?;
    if interval.minutes() > calendar.room.settings.longest_minutes() {
        return Err(QuoteError::TooLong);
    }
    let now = app.clock.now();
    let Priced { price, promotion_id } = price_with(&mut conn, &calendar, &list, interval, wishes, now).await?;
    let content = SignedQuote {
        room_id,
        starts_at: interval.start(),
        ends_at: interval.end(),
        add_ons: sorted(&wishes.add_ons),
        price_version: list.version,
        price,
        promotion_id,
        expires_at: now + VALID_FOR,
    };
    Ok(Quote { token: app.config.quote_key.sign(&content)?, content })
}
