//! Asks the provider about accounts: about new ones often, about those in use once a day. An account whose making was cut
//! off is made. Where a company has chosen with whom its payments settle, the provider is told again each time: what settles
//! with the company itself goes to its bank every day, and nothing does by itself while the platform pays it out.

use jiff::Timestamp;
use kernel::CompanyId;
use providers::PayoutSchedule;

use super::{
    AccountError,
    commands::{Payer, find, open_account},
    store,
};
use crate::{App, payment_settings, payments::Settlement};

pub async fn next_due(app: &App) -> anyhow::Result<Option<Timestamp>> {
    store::CHECKS.next_due(app).await
}

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    store::CHECKS.work_off(app, now, |company_id, tries| check(app, company_id, tries, now)).await
}

async fn check(app: &App, company_id: CompanyId, tries: i32, now: Timestamp) -> anyhow::Result<()> {
    match ask(app, company_id, now).await {
        Ok(()) => store::CHECKS.finish(&mut *app.db.conn().await?, company_id).await?,
        Err(error) => {
            tracing::warn!(%company_id, tries, %error, "an account could not be checked; it will be tried again");
            store::CHECKS.postpone(app, company_id, tries).await?;
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
    if let Some(schedule) = wanted_schedule(app, company_id).await? {
        payer.payouts()?.set_schedule(&provider_account_id, schedule).await?;
    }
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

async fn wanted_schedule(app: &App, company_id: CompanyId) -> Result<Option<PayoutSchedule>, AccountError> {
    let mut conn = app.db.conn().await?;
    let settlement = payment_settings::store::find_settlement(&mut conn, company_id).await?;
    Ok(settlement.map(|settlement| match settlement {
        Settlement::Company => PayoutSchedule::Daily,
        Settlement::Platform => PayoutSchedule::Manual,
    }))
}
