//! Asks the provider about payments that are still open, so that a lost webhook or a crash between the provider's work
//! and our record leaves nothing pending for ever. The answers go through the same pipeline as webhooks.

use futures_util::future::join_all;
use jiff::Timestamp;
use kernel::{PaymentId, clock::real_now};

use super::{BATCH, lease_end, retry_at};
use crate::{
    App,
    payments::{checks, commands::ask_provider},
    sessions::{
        SessionError,
        commands::{find, open_session},
    },
};

pub async fn next_due(app: &App) -> anyhow::Result<Option<Timestamp>> {
    let mut conn = app.db.conn().await?;
    Ok(checks::next_check_due(&mut conn).await?)
}

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    loop {
        let claimed = claim(app, now).await?;
        if claimed.is_empty() {
            return Ok(());
        }
        for done in join_all(claimed.into_iter().map(|(id, tries)| check(app, id, tries, now))).await {
            done?;
        }
    }
}

async fn claim(app: &App, now: Timestamp) -> Result<Vec<(PaymentId, i32)>, store::Error> {
    app.db.transaction(async |conn| checks::claim_checks(conn, now, real_now(), lease_end(), BATCH).await).await
}

async fn check(app: &App, payment_id: PaymentId, tries: i32, now: Timestamp) -> anyhow::Result<()> {
    let asked = ask(app, payment_id, now).await;
    let mut conn = app.db.conn().await?;
    match asked {
        Ok(next) => checks::finish_check(&mut conn, payment_id, next).await?,
        Err(error) => {
            tracing::warn!(%payment_id, tries, %error, "a payment could not be checked; it will be tried again");
            checks::postpone_check(&mut conn, payment_id, retry_at(tries)).await?;
        }
    }
    Ok(())
}

/// Answers when to ask next.
async fn ask(app: &App, payment_id: PaymentId, now: Timestamp) -> Result<Option<Timestamp>, SessionError> {
    let Some((payment, session)) = find(app, payment_id).await? else { return Ok(None) };
    if let Some(provider_session_id) = &session.provider_session_id {
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
