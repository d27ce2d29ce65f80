//! What is done with places in queues.

mod answer;
mod join;
mod offer;

pub use answer::{accept_offer, decline_offer, leave};
pub use join::{NewEntry, Wanted, join};
pub use offer::offer_openings;

use kernel::WaitlistEntryId;
use service_kit::Caller;

use super::{
    WaitlistError,
    model::Entry,
    store::{self as waitlist, Whose},
};
use crate::{bookings::store::Access, startup::App};

pub async fn get_entry(app: &App, caller: &Caller, id: WaitlistEntryId) -> Result<Entry, WaitlistError> {
    let mut conn = app.db.conn().await?;
    waitlist::find_entry(&mut conn, id, &Access::of(caller)).await?.ok_or(WaitlistError::NotFound)
}

pub async fn list_entries(
    app: &App,
    whose: Whose,
    after: Option<WaitlistEntryId>,
    limit: i64,
) -> Result<Vec<Entry>, WaitlistError> {
    Ok(waitlist::list_entries(&mut *app.db.conn().await?, whose, after, limit).await?)
}
