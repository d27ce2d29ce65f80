//! Forgets what is over: sessions, refresh tokens, mailed links, failed logins, retired keys.

use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use service_kit::Job;

use crate::{App, keys, login, one_time_tokens, sessions};

pub fn job() -> Job<App> {
    Job {
        name: "clean_up",
        every: Duration::from_secs(600),
        // Nobody waits for it.
        next_due: |_| Box::pin(async { Ok(None) }),
        run: |app, now| Box::pin(clean_up(app, now)),
    }
}

async fn clean_up(app: &App, now: Timestamp) -> anyhow::Result<()> {
    let mut conn = app.db.conn().await?;
    sessions::store::delete_old(&mut conn, now).await.context("sessions")?;
    sessions::store::delete_used_tokens(&mut conn, now).await.context("refresh tokens")?;
    one_time_tokens::store::delete_old(&mut conn, now).await.context("one-time tokens")?;
    login::delete_old(&mut conn, now).await.context("failed logins")?;
    keys::delete_retired_keys(&mut conn, now).await.context("signing keys")?;
    Ok(())
}
