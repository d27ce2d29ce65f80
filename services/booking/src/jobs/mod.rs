//! What happens by itself, one file per job. Each takes the clock, and may run twice, late, or in two processes.

mod cancel_left_behind;
mod complete_bookings;
mod expand_blackouts;
mod expire_holds;
mod expire_requests;
mod import_calendars;
mod offer_waitlist;
mod remind_of_payments;
mod reveal_reviews;
mod sweep_photos;

pub use cancel_left_behind::cancel_left_behind;
pub use complete_bookings::complete_bookings;
pub use expand_blackouts::expand_blackouts;
pub use expire_holds::expire_holds;
pub use expire_requests::expire_requests;
pub use import_calendars::import_calendars;
pub use offer_waitlist::offer_waitlist;
pub use remind_of_payments::remind_of_payments;
pub use reveal_reviews::reveal_reviews;
pub use sweep_photos::sweep_photos;

use jiff::Timestamp;

use crate::{
    bookings::store::{Due, next_due},
    startup::App,
};

async fn next(app: &App, due: Due) -> anyhow::Result<Option<Timestamp>> {
    Ok(next_due(&mut *app.db.conn().await?, due).await?)
}
