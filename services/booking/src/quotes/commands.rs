//! Making quotes.

use kernel::RoomId;

use super::{
    QuoteError, SignedQuote,
    token::{VALID_FOR, sorted},
};
use crate::{
    availability::{Asked, check_choices, store as availability},
    prices::{engine, model::AddOnChoice, store as prices},
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
    let calendar = availability::find_calendar(&mut conn, room_id).await?.ok_or(QuoteError::NotFound)?;
    let list = prices::find_price_list(&mut conn, room_id).await?.ok_or(QuoteError::PricesMissing)?;
    drop(conn);
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
