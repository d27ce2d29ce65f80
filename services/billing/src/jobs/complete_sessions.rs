//! Takes the money of sessions that their customers have approved, where the provider waits to be told.

use futures_util::future::join_all;
use jiff::Timestamp;
use kernel::{PaymentId, clock::real_now};

use super::{BATCH, lease_end, retry_at};
use crate::{
    App,
    sessions::{approvals, commands::complete_session},
};

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    loop {
        let claimed = claim(app).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        for done in join_all(claimed.into_iter().map(|(id, tries)| complete(app, id, tries, now))).await {
            done?;
        }
    }
}

async fn claim(app: &App) -> Result<Vec<(PaymentId, i32)>, store::Error> {
    app.db.transaction(async |conn| approvals::claim(conn, real_now(), lease_end(), BATCH).await).await
}

async fn complete(app: &App, payment_id: PaymentId, tries: i32, now: Timestamp) -> anyhow::Result<()> {
    if let Err(error) = complete_session(app, payment_id, now).await {
        tracing::warn!(%payment_id, tries, %error, "an approved payment could not be taken; it will be tried again");
        let mut conn = app.db.conn().await?;
        approvals::postpone(&mut conn, payment_id, retry_at(tries)).await?;
    }
    Ok(())
}
