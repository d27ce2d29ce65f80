//! Takes the money of sessions that their customers have approved, where the provider waits to be told.

use jiff::Timestamp;
use kernel::PaymentId;

use crate::{
    App,
    sessions::{approvals::COMPLETIONS, commands::complete_session},
};

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    COMPLETIONS.work_off(app, now, |id, tries| complete(app, id, tries, now)).await
}

async fn complete(app: &App, payment_id: PaymentId, tries: i32, now: Timestamp) -> anyhow::Result<()> {
    if let Err(error) = complete_session(app, payment_id, now).await {
        tracing::warn!(%payment_id, tries, %error, "an approved payment could not be taken; it will be tried again");
        COMPLETIONS.postpone(app, payment_id, tries).await?;
    }
    Ok(())
}
