//! Asks the provider about payments that are still open, so that a lost webhook or a crash between the provider's work
//! and our record leaves nothing pending for ever. The answers go through the same pipeline as webhooks.

use jiff::Timestamp;
use kernel::PaymentId;

use crate::{
    App,
    payments::{
        checks::{self, CHECKS},
        commands::ask_provider,
    },
    sessions::{
        SessionError,
        commands::{find, open_session},
    },
};

pub async fn next_due(app: &App) -> anyhow::Result<Option<Timestamp>> {
    CHECKS.next_due(app).await
}

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    CHECKS.work_off(app, now, |id, tries| check(app, id, tries, now)).await
}

async fn check(app: &App, payment_id: PaymentId, tries: i32, now: Timestamp) -> anyhow::Result<()> {
    match ask(app, payment_id, now).await {
        Ok(next) => {
            let mut conn = app.db.conn().await?;
            checks::plan_check(&mut conn, payment_id, next).await?;
            CHECKS.finish(&mut conn, payment_id).await?;
        }
        Err(error) => {
            tracing::warn!(%payment_id, tries, %error, "a payment could not be checked; it will be tried again");
            CHECKS.postpone(app, payment_id, tries).await?;
        }
    }
    Ok(())
}

/// Answers when to ask next.
async fn ask(app: &App, payment_id: PaymentId, now: Timestamp) -> Result<Option<Timestamp>, SessionError> {
    let Some((payment, session)) = find(app, payment_id).await? else { return Ok(None) };
    // A charge that is known and not yet open was cut off before the money was taken.
    if let Some(provider_session_id) = session.provider_session_id.as_ref().filter(|_| !session.is_opening()) {
        return Ok(ask_provider(app, &payment, provider_session_id, now).await?.next_check(now));
    }
    // The request died before it heard the provider's answer. A session to be closed is opened by the job that closes.
    if session.close_requested_at.is_none() {
        match open_session(app, &payment, &session, now).await {
            Ok(()) | Err(SessionError::Refused(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let after = find(app, payment_id).await?;
    Ok(after.and_then(|(payment, _)| payment.next_check(now)))
}
