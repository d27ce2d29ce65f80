//! Takes the next steps of authorisations: captures, voids, renews, and lets go of what nobody has captured.

use jiff::Timestamp;
use kernel::PaymentId;

use crate::{
    App,
    authorizations::{store::STEPS, take_step},
};

pub async fn next_due(app: &App) -> anyhow::Result<Option<Timestamp>> {
    STEPS.next_due(app).await
}

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    STEPS.work_off(app, now, |id, tries| drive(app, id, tries, now)).await
}

async fn drive(app: &App, payment_id: PaymentId, tries: i32, now: Timestamp) -> anyhow::Result<()> {
    if let Err(error) = take_step(app, payment_id, now).await {
        tracing::warn!(%payment_id, tries, %error, "an authorisation's step failed; it will be tried again");
        STEPS.postpone(app, payment_id, tries).await?;
        return Ok(());
    }
    Ok(STEPS.finish(&mut *app.db.conn().await?, payment_id).await?)
}
