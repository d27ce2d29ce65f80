//! Making quotes.

use kernel::RoomId;

use super::{
    QuoteError, SignedQuote,
    token::{VALID_FOR, sorted},
};
use crate::{
    availability::{
        Asked, check_choices,
        store::{self as availability, Bookable},
    },
    prices::{engine, model::AddOnChoice},
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
    room_id: RoomId,
    asked: Asked,
    choices: &[AddOnChoice],
) -> Result<Quote, QuoteError> {
    let mut conn = app.db.conn().await?;
    let found = availability::find_bookable(&mut conn, room_id).await?;
    drop(conn);
    let Bookable { calendar, prices } = found.ok_or(QuoteError::NotFound)?;
    let list = prices.ok_or(QuoteError::PricesMissing)?;
    let interval = asked.interval(&calendar.zone)?;
    check_choices(choices, &list.add_ons)?;
    if interval.minutes() > calendar.room.settings.longest_minutes() {
        return Err(QuoteError::TooLong);
    }
    let content = SignedQuote {
        room_id,
        starts_at: interval.start(),
        ends_at: interval.end(),
        add_ons: sorted(choices),
        price_version: list.version,
        price: engine::price(&list, interval, &calendar.zone, choices)?,
        expires_at: app.clock.now() + VALID_FOR,
    };
    Ok(Quote { token: app.config.quote_key.sign(&content)?, content })
}
