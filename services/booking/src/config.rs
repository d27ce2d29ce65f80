//! What can be set: `ROOMTONE_BOOKING_MAX_OPEN_HOLDS`, `ROOMTONE_BOOKING_REQUEST_HOURS`,
//! `ROOMTONE_BOOKING_OFFER_MINUTES` and `ROOMTONE_QUOTE_KEY`.

use service_kit::Context;

use crate::quotes::QuoteKey;

#[derive(Debug, Clone)]
pub struct Config {
    /// Open unpaid holds a customer may have at one company; 0 is without limit.
    pub max_open_holds: u32,
    /// How long a studio has to answer a request.
    pub request_hours: i64,
    /// How long a slot is held for somebody who has waited for it.
    pub offer_minutes: i64,
    /// Signs quotes.
    pub quote_key: QuoteKey,
}

const MAX_OPEN_HOLDS: u32 = 50;
const REQUEST_HOURS: i64 = 48;
const OFFER_MINUTES: i64 = 60;

impl Config {
    pub fn read(context: &Context) -> anyhow::Result<Self> {
        let source = &context.source;
        let max_open_holds = if context.environment.is_development() { 0 } else { MAX_OPEN_HOLDS };
        Ok(Self {
            max_open_holds: source.get_or("booking_max_open_holds", max_open_holds)?,
            request_hours: source.get_or("booking_request_hours", REQUEST_HOURS)?,
            offer_minutes: source.get_or("booking_offer_minutes", OFFER_MINUTES)?,
            quote_key: QuoteKey::new(source.secret("quote_key")?),
        })
    }
}
