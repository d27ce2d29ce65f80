//! Makes the payouts that are due.

use ::store::Conn;
use jiff::Timestamp;
use kernel::{CompanyId, Money, clock::real_now};

use super::{model::Schedule, store};
use crate::{
    App,
    jobs::{BATCH, lease_end, retry_at},
    payout_accounts,
    payouts::{
        Payout, PayoutError,
        commands::UsableAccount,
        ledger,
        model::{Reason, least},
        store as payouts,
    },
};

pub async fn next_due(app: &App) -> anyhow::Result<Option<Timestamp>> {
    let mut conn = app.db.conn().await?;
    Ok(store::next_run_due(&mut conn).await?)
}

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    loop {
        let claimed = app
            .db
            .transaction(async |conn| store::claim_schedules(conn, now, real_now(), lease_end(), BATCH).await)
            .await?;
        if claimed.is_empty() {
            return Ok(());
        }
        for (company_id, tries) in claimed {
            if let Err(error) = pay(app, company_id, now).await {
                tracing::warn!(%company_id, tries, %error, "a planned payout could not be made; it will be tried again");
                let mut conn = app.db.conn().await?;
                store::postpone_schedule(&mut conn, company_id, retry_at(tries)).await?;
            }
        }
        app.jobs.notify();
    }
}

/// The ledger is asked outside any transaction; whether the schedule still says so is looked at again inside.
async fn pay(app: &App, company_id: CompanyId, now: Timestamp) -> Result<(), PayoutError> {
    let account = {
        let mut conn = app.db.conn().await?;
        payout_accounts::store::find_account(&mut conn, company_id).await?.and_then(UsableAccount::of)
    };
    let due = match account {
        Some(account) => {
            let payable = ledger::payable(app, company_id, account.currency).await?;
            Some((account, payable))
        }
        None => None,
    };
    app.db.transaction(async |conn| pay_in_tx(conn, company_id, due.as_ref(), now).await).await
}

async fn pay_in_tx(
    conn: &mut Conn,
    company_id: CompanyId,
    due: Option<&(UsableAccount, Money)>,
    now: Timestamp,
) -> Result<(), PayoutError> {
    let Some(schedule) = store::lock_schedule(conn, company_id).await? else { return Ok(()) };
    let Some(at) = schedule.next_at.filter(|at| *at <= now) else { return Ok(()) };
    if let Some((account, payable)) = due
        && payable.amount >= schedule.minimum.max(least(payable.currency).amount)
        && let Some(period) = schedule.frequency.period(at)
    {
        let payout = Payout::new(account.payout_of(*payable, Reason::Period(period)), now);
        payouts::insert_payout_of_period(conn, &payout).await?;
    }
    // What was missed while the clock ran ahead is paid for with the next one.
    let next_at = schedule.frequency.next_run(now);
    store::save_schedule(conn, &Schedule { next_at, ..schedule }).await?;
    Ok(())
}
