//! Asks the provider about accounts: about new ones often, about those in use once a day. An account whose making was cut
//! off is made.

use jiff::Timestamp;
use kernel::{CompanyId, clock::real_now};

use super::{
    AccountError,
    commands::{Payer, find, open_account},
    store,
};
use crate::{
    App,
    jobs::{BATCH, lease_end, retry_at},
};

pub async fn next_due(app: &App) -> anyhow::Result<Option<Timestamp>> {
    let mut conn = app.db.conn().await?;
    Ok(store::next_check_due(&mut conn).await?)
}

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    loop {
        let claimed = app
            .db
            .transaction(async |conn| store::claim_checks(conn, now, real_now(), lease_end(), BATCH).await)
            .await?;
        if claimed.is_empty() {
            return Ok(());
        }
        for (company_id, tries) in claimed {
            check(app, company_id, tries, now).await?;
        }
    }
}

async fn check(app: &App, company_id: CompanyId, tries: i32, now: Timestamp) -> anyhow::Result<()> {
    let asked = ask(app, company_id, now).await;
    let mut conn = app.db.conn().await?;
    match asked {
        Ok(()) => store::finish_check(&mut conn, company_id).await?,
        Err(error) => {
            tracing::warn!(%company_id, tries, %error, "an account could not be checked; it will be tried again");
            store::postpone_check(&mut conn, company_id, retry_at(tries)).await?;
        }
    }
    Ok(())
}

async fn ask(app: &App, company_id: CompanyId, now: Timestamp) -> Result<(), AccountError> {
    let payer = Payer::of(app)?;
    let Some(account) = find(app, company_id).await? else { return Ok(()) };
    let Some(provider_account_id) = account.provider_account_id.clone() else {
        open_account(app, &payer, account, now).await?;
        return Ok(());
    };
    let state = payer.payouts()?.retrieve_account(&provider_account_id).await?;
    app.db
        .transaction(async |conn| {
            let Some(mut account) = store::lock_account(conn, company_id).await? else { return Ok(()) };
            account.answered(&state, now);
            account.updated_at = now;
            Ok(store::update_account(conn, &account).await?)
        })
        .await
}
