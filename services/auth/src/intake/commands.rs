//! Writing requests down, and deciding them.

use std::{sync::Arc, time::Duration};

use ::store::Error;
use actix_web::web::Data;
use jiff::Timestamp;
use tokio::time::Instant;

use super::{Asked, store};
use crate::{App, passwords, registration};

/// By then a request is usually decided, so that whoever registers and logs in at once finds the account. Nothing waits
/// for a decision: every answer takes exactly this long longer than its writing.
const USUALLY_DECIDED: Duration = Duration::from_millis(30);

/// How many requests that a crash has left are decided in one round.
const ROUND: i64 = 1000;

/// Keeps the request, and returns no sooner and no later for one address than for another.
pub async fn take_in(app: &Data<App>, asked: &Asked) -> Result<(), Error> {
    let id = {
        let mut conn = app.db.conn().await?;
        store::insert(&mut conn, asked, app.clock.now()).await?
    };
    let answer_at = Instant::now() + USUALLY_DECIDED;
    tokio::spawn(decide_now(app.clone().into_inner(), id));
    tokio::time::sleep_until(answer_at).await;
    Ok(())
}

async fn decide_now(app: Arc<App>, id: i64) {
    if let Err(error) = decide(&app, id).await {
        tracing::warn!(%error, "a request was not decided; a job will try again");
    }
}

async fn decide(app: &App, id: i64) -> Result<(), Error> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| match store::take(conn, id).await? {
            None => Ok(()),
            Some(Asked::Account(form)) => registration::register_in_tx(conn, app, form.into(), now).await,
            Some(Asked::AnotherLink { email }) => registration::resend_in_tx(conn, app, &email, now).await,
            Some(Asked::NewPassword { email, device }) => {
                passwords::forgot_in_tx(conn, app, (&email, &device), now).await
            }
        })
        .await
}

/// Decides what the process that took it could not. One that cannot be decided does not keep the others waiting.
pub async fn decide_left(app: &App) -> anyhow::Result<()> {
    let waiting = {
        let mut conn = app.db.conn().await?;
        store::waiting(&mut conn, ROUND).await?
    };
    let mut failed = None;
    for id in waiting {
        if let Err(error) = decide(app, id).await {
            tracing::warn!(%error, "a request was not decided");
            failed = Some(error.into());
        }
    }
    failed.map_or(Ok(()), Err)
}

/// Gives up what nobody could decide.
pub async fn forget_old(app: &App, now: Timestamp) -> Result<(), Error> {
    let mut conn = app.db.conn().await?;
    let forgotten = store::delete_old(&mut conn, now).await?;
    if forgotten > 0 {
        tracing::error!(forgotten, "requests were given up undecided");
    }
    Ok(())
}
