//! Exchanging tokens for new ones before they end.
//!
//! A refresh token is good once. When an answer is lost the next exchange is refused, and the company is asked to
//! connect again: better than to go on with a token that ends unnoticed.

use jiff::Timestamp;
use kernel::CompanyId;

use super::{
    ConnectionError,
    authorize::Means,
    commands::take_token,
    model::{Connection, owner},
    store,
};
use crate::App;

pub async fn next_due(app: &App) -> anyhow::Result<Option<Timestamp>> {
    store::REFRESHES.next_due(app).await
}

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    store::REFRESHES.work_off(app, now, |company_id, tries| refresh(app, company_id, tries, now)).await
}

async fn refresh(app: &App, company_id: CompanyId, tries: i32, now: Timestamp) -> anyhow::Result<()> {
    if let Err(error) = try_refresh(app, company_id, now).await {
        tracing::warn!(%company_id, tries, %error, "tokens could not be exchanged; it will be tried again");
        store::REFRESHES.postpone(app, company_id, tries).await?;
    }
    Ok(())
}

async fn try_refresh(app: &App, company_id: CompanyId, now: Timestamp) -> Result<(), ConnectionError> {
    let means = Means::of(app)?;
    let Some(before) = find(app, company_id).await? else { return Ok(()) };
    let refresh_token = means.vault.open(&owner(company_id), &before.refresh_token)?;
    let after = match means.oauth.refresh(&refresh_token).await.map_err(ConnectionError::from) {
        Ok(token) => {
            let mut after = before.clone();
            take_token(&mut after, &means, &token, now)?;
            after
        }
        Err(ConnectionError::Refused(why)) => {
            tracing::error!(%company_id, why, "the provider takes our token no more; the company has to connect again");
            store::refused(before.clone(), now)
        }
        Err(error) => return Err(error),
    };
    replace(app, &before, &after).await
}

async fn find(app: &App, company_id: CompanyId) -> Result<Option<Connection>, ConnectionError> {
    let mut conn = app.db.conn().await?;
    Ok(store::find(&mut conn, company_id).await?)
}

/// Saves the result unless somebody has connected again, or ended the connection, in the meantime.
async fn replace(app: &App, before: &Connection, after: &Connection) -> Result<(), ConnectionError> {
    app.db
        .transaction(async |conn| {
            let now_there = store::lock(conn, before.company_id).await?;
            if now_there.is_some_and(|connection| connection.refresh_token == before.refresh_token) {
                store::save(conn, after).await?;
            }
            Ok::<_, ConnectionError>(())
        })
        .await
}
