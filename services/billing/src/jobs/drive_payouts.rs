//! Takes the next steps of payouts: holds, transfers, sends, books, asks, and undoes.

use futures_util::future::join_all;
use jiff::Timestamp;
use kernel::{PayoutId, clock::real_now};

use super::{BATCH, lease_end, retry_at};
use crate::{
    App,
    payouts::{
        steps::{Progress, take_step},
        store as payouts,
    },
};

/// More than a payout ever has in a row.
const MOST_STEPS: usize = 12;

pub async fn next_due(app: &App) -> anyhow::Result<Option<Timestamp>> {
    let mut conn = app.db.conn().await?;
    Ok(payouts::next_check_due(&mut conn).await?)
}

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    loop {
        let claimed = claim(app, now).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        for done in join_all(claimed.into_iter().map(|(id, tries)| drive(app, id, tries, now))).await {
            done?;
        }
    }
}

async fn claim(app: &App, now: Timestamp) -> Result<Vec<(PayoutId, i32)>, store::Error> {
    app.db.transaction(async |conn| payouts::claim_payouts(conn, now, real_now(), lease_end(), BATCH).await).await
}

async fn drive(app: &App, id: PayoutId, tries: i32, now: Timestamp) -> anyhow::Result<()> {
    for _ in 0..MOST_STEPS {
        match take_step(app, id, now).await {
            Ok(Progress::Moved) => {}
            Ok(Progress::Rests) => return Ok(payouts::finish_steps(&mut *app.db.conn().await?, id).await?),
            Err(error) => {
                tracing::warn!(payout_id = %id, tries, %error, "a payout's step failed; it will be tried again");
                let at = error.wait().map_or_else(|| retry_at(tries), |wait| real_now() + wait);
                return Ok(payouts::postpone_steps(&mut *app.db.conn().await?, id, at).await?);
            }
        }
    }
    // Whatever keeps it going, the provider must not be asked without a pause.
    tracing::error!(payout_id = %id, tries, "a payout does not come to rest");
    Ok(payouts::postpone_steps(&mut *app.db.conn().await?, id, retry_at(tries)).await?)
}
