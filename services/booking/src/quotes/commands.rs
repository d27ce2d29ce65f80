//! Making quotes.

use kernel::RoomId;

use super::{
    QuoteError, SignedQuote,
    token::{VALID_FOR, sorted},
};
use crate::{
    availability::{Asked, Together, store as availability},
    prices::model::AddOnChoice,
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
    choices: &[AddOnChoice],
) -> Result<Quote, QuoteError> {
    let mut conn = app.db.conn().await?;
    let found = availability::find_bookables(&mut conn, room_ids).await?;
    drop(conn);
    let rooms = Together::new(found.ok_or(QuoteError::NotFound)?)?.ok_or(QuoteError::NotFound)?;
    let interval = asked.interval(rooms.zone())?;
    if interval.minutes() > rooms.longest_minutes() {
        return Err(QuoteError::TooLong);
    }
    let rates = rooms.rates(interval).ok_or(QuoteError::PricesMissing)?;
    rooms.check_choices(choices)?;
    let content = SignedQuote {
        room_id: rooms.first().calendar.room.id,
        further_room_ids: rooms.further().iter().map(|room| room.calendar.room.id).collect(),
        starts_at: interval.start(),
        ends_at: interval.end(),
        add_ons: sorted(choices),
        price_version: rooms.first().prices.as_ref().map_or(0, |list| list.version),
        price: rates.price(interval, choices)?,
        expires_at: app.clock.now() + VALID_FOR,
    };
    Ok(Quote { token: app.config.quote_key.sign(&content)?, content })
}
