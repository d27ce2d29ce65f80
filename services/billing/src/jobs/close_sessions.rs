//! Closes sessions at the provider in which nobody should pay any more: superseded ones, and those of bookings that
//! have expired or were cancelled. As best we can: a payment that was in flight still arrives.

use futures_util::future::join_all;
use jiff::Timestamp;
use kernel::{PaymentId, clock::real_now};

use super::{BATCH, lease_end, retry_at};
use crate::{
    App,
    sessions::{commands::close_session, store as sessions},
};

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    loop {
        let claimed = claim(app).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        for done in join_all(claimed.into_iter().map(|(id, tries)| close(app, id, tries, now))).await {
            done?;
        }
    }
}

async fn claim(app: &App) -> Result<Vec<(PaymentId, i32)>, store::Error> {
    app.db.transaction(async |conn| sessions::claim_closings(conn, real_now(), lease_end(), BATCH).await).await
}

async fn close(app: &App, payment_id: PaymentId, tries: i32, now: Timestamp) -> anyhow::Result<()> {
    if let Err(error) = close_session(app, payment_id, now).await {
        tracing::warn!(%payment_id, tries, %error, "a session could not be closed; it will be tried again");
        let mut conn = app.db.conn().await?;
        sessions::postpone_closing(&mut conn, payment_id, retry_at(tries)).await?;
    }
    Ok(())
}
