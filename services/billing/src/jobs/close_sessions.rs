//! Closes sessions at the provider in which nobody should pay any more: superseded ones, and those of bookings that
//! have expired or were cancelled. As best we can: a payment that was in flight still arrives.

use jiff::Timestamp;
use kernel::PaymentId;

use crate::{
    App,
    sessions::{commands::close_session, store::CLOSINGS},
};

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    CLOSINGS.work_off(app, now, |id, tries| close(app, id, tries, now)).await
}

async fn close(app: &App, payment_id: PaymentId, tries: i32, now: Timestamp) -> anyhow::Result<()> {
    if let Err(error) = close_session(app, payment_id, now).await {
        tracing::warn!(%payment_id, tries, %error, "a session could not be closed; it will be tried again");
        CLOSINGS.postpone(app, payment_id, tries).await?;
    }
    Ok(())
}
