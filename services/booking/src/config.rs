//! What can be set: `ROOMTONE_BOOKING_MAX_OPEN_HOLDS`, `ROOMTONE_BOOKING_REQUEST_HOURS`,
//! `ROOMTONE_BOOKING_OFFER_MINUTES`, `ROOMTONE_BOOKING_IMAGE_WORKERS`, `ROOMTONE_BOOKING_PRIVATE_CALENDARS` and
//! `ROOMTONE_QUOTE_KEY`.

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
    /// Photos decoded at once, up to 400 MB each.
    pub image_workers: usize,
    /// Signs quotes.
    pub quote_key: QuoteKey,
    /// Calendars may be read from this machine and private networks, and without TLS: for development only.
    pub private_calendars: bool,
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
            image_workers: source.get_or("booking_image_workers", 1)?.max(1),
            quote_key: QuoteKey::new(source.secret("quote_key")?),
            private_calendars: private_calendars(context)?,
        })
    }
}

fn private_calendars(context: &Context) -> anyhow::Result<bool> {
    let wanted = context.source.get_or("booking_private_calendars", false)?;
    anyhow::ensure!(
        !wanted || context.environment.is_development(),
        "ROOMTONE_BOOKING_PRIVATE_CALENDARS is for development only"
    );
    Ok(wanted)
}
