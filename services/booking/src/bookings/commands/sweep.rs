//! What happens by itself: expiry and completion. Nothing's correctness waits for it; it writes down what has become
//! true and tells the others.

use jiff::Timestamp;
use kernel::BookingId;

use super::{carry_out_in_tx, lock_in_tx};
use crate::{
    bookings::{
        BookingError,
        model::{Command, decide},
        store::{self as bookings, Due},
    },
    startup::App,
};

const BATCH: usize = 200;

/// Does all that is due, each booking in a transaction of its own. Two processes may sweep at once: who comes second
/// finds nothing left to decide.
pub async fn sweep(app: &App, due: Due, now: Timestamp) -> Result<(), BookingError> {
    let command = match due {
        Due::HoldExpiry | Due::RequestExpiry => Command::Expire,
        Due::Completion => Command::Complete,
    };
    loop {
        let ids = bookings::find_due(&mut *app.db.conn().await?, due, now, BATCH as i64).await?;
        let mut failed = None;
        let mut carried_out = 0;
        for id in &ids {
            match carry_out_alone(app, *id, &command).await {
                Ok(()) => carried_out += 1,
                // One booking that fails must not keep the others from their turn.
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            return Err(error);
        }
        if carried_out < BATCH {
            return Ok(());
        }
    }
}

async fn carry_out_alone(app: &App, id: BookingId, command: &Command) -> Result<(), BookingError> {
    let swept = app.db.transaction(async |conn| {
        let mut locked = lock_in_tx(app, conn, id).await?;
        if let Some(change) = decide(&locked.booking, command, locked.now)? {
            carry_out_in_tx(conn, &mut locked, &change).await?;
        }
        Ok::<_, BookingError>(())
    });
    swept.await
}
