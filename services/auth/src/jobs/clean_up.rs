//! Forgets what is over: sessions, refresh tokens, mailed links, failed logins, retired keys,
//! offered second factors, unanswered challenges and accounts that nobody verified. A change of address goes with its
//! links.

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use service_kit::Job;

use crate::{App, intake, keys, login, mfa, one_time_tokens, passkeys, sessions, users};

pub fn job() -> Job<App> {
    Job::new("clean_up", Duration::from_secs(600), |app, now| Box::pin(clean_up(app, now)))
}

async fn clean_up(app: &App, now: Timestamp) -> anyhow::Result<()> {
    intake::forget_old(app, now).await.context("undecided requests")?;
    let mut conn = app.db.conn().await?;
    sessions::store::delete_old(&mut conn, now).await.context("sessions")?;
    sessions::store::delete_used_tokens(&mut conn, now).await.context("refresh tokens")?;
    one_time_tokens::store::delete_old(&mut conn, now).await.context("one-time tokens")?;
    users::remove_abandoned(app, now).await.context("unverified accounts")?;
    login::delete_old(&mut conn, now).await.context("failed logins")?;
    mfa::store::delete_lapsed_offers(&mut conn, now).await.context("offered second factors")?;
    passkeys::store::delete_old_ceremonies(&mut conn, now).await.context("passkey ceremonies")?;
    keys::delete_retired_keys(&mut conn, now).await.context("signing keys")?;
    Ok(())
}
