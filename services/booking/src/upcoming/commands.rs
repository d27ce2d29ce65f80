//! Cancelling what lies ahead in rooms that are gone.

use super::store as upcoming;
use crate::{
    bookings::{BookingError, commands::cancel_for_company},
    startup::App,
};

/// What customers read.
const REASON: &str = "The room is no longer offered.";

const BATCH: usize = 100;

/// Cancels every booking that lies ahead in a room that is gone, each in a transaction of its own, as the company: all
/// comes back. The deletion begins it and a job ends it, so that neither a long calendar nor a crash leaves one standing.
pub async fn cancel_left_behind(app: &App) -> Result<(), BookingError> {
    loop {
        let now = app.clock.now();
        let ids = upcoming::list_left_behind(&mut *app.db.conn().await?, now, BATCH as i64).await?;
        let mut failed = None;
        for id in &ids {
            // One that fails must not keep the others from their turn.
            if let Err(error) = cancel_for_company(app, *id, REASON).await {
                failed = Some(error);
            }
        }
        match failed {
            Some(error) => return Err(error),
            None if ids.len() < BATCH => return Ok(()),
            None => {}
        }
    }
}
