//! Takes the next steps of payouts: holds, transfers, sends, books, asks, and undoes.

use jiff::Timestamp;
use kernel::PayoutId;

use crate::{
    App,
    payouts::{
        steps::{Progress, take_step},
        store::STEPS,
    },
};

/// More than a payout ever has in a row.
const MOST_STEPS: usize = 12;

pub async fn next_due(app: &App) -> anyhow::Result<Option<Timestamp>> {
    STEPS.next_due(app).await
}

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    STEPS.work_off(app, now, |id, tries| drive(app, id, tries, now)).await
}

async fn drive(app: &App, id: PayoutId, tries: i32, now: Timestamp) -> anyhow::Result<()> {
    for _ in 0..MOST_STEPS {
        match take_step(app, id, now).await {
            Ok(Progress::Moved) => {}
            Ok(Progress::Rests) => return Ok(STEPS.finish(&mut *app.db.conn().await?, id).await?),
            Err(error) => {
                tracing::warn!(payout_id = %id, tries, %error, "a payout's step failed; it will be tried again");
                return match error.wait() {
                    Some(wait) => Ok(STEPS.postpone_by(app, id, wait).await?),
                    None => Ok(STEPS.postpone(app, id, tries).await?),
                };
            }
        }
    }
    // Whatever keeps it going, the provider must not be asked without a pause.
    tracing::error!(payout_id = %id, tries, "a payout does not come to rest");
    Ok(STEPS.postpone(app, id, tries).await?)
}
