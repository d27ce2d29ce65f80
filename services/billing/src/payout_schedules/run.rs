//! Makes the payouts that are due.

use ::store::Conn;
use jiff::Timestamp;
use kernel::{CompanyId, Money};

use super::{model::Schedule, store};
use crate::{
    App,
    payouts::{
        Payout, PayoutError,
        amounts::least,
        destination::{Destination, find_destination},
        ledger,
        model::Reason,
        store as payouts,
    },
};

pub async fn next_due(app: &App) -> anyhow::Result<Option<Timestamp>> {
    store::RUNS.next_due(app).await
}

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    store::RUNS.work_off(app, now, |company_id, tries| run_schedule(app, company_id, tries, now)).await
}

async fn run_schedule(app: &App, company_id: CompanyId, tries: i32, now: Timestamp) -> anyhow::Result<()> {
    if let Err(error) = pay(app, company_id, now).await {
        tracing::warn!(%company_id, tries, %error, "a planned payout could not be made; it will be tried again");
        store::RUNS.postpone(app, company_id, tries).await?;
    }
    app.jobs.notify();
    Ok(())
}

/// The ledger is asked outside any transaction; whether the schedule still says so is looked at again inside.
async fn pay(app: &App, company_id: CompanyId, now: Timestamp) -> Result<(), PayoutError> {
    let destination = find_destination(&mut *app.db.conn().await?, company_id).await?;
    let due = match destination {
        Some(destination) => {
            let payable = ledger::payable(app, company_id, destination.currency).await?;
            Some((destination, payable))
        }
        None => None,
    };
    app.db.transaction(async |conn| pay_in_tx(conn, company_id, due.as_ref(), now).await).await
}

async fn pay_in_tx(
    conn: &mut Conn,
    company_id: CompanyId,
    due: Option<&(Destination, Money)>,
    now: Timestamp,
) -> Result<(), PayoutError> {
    let Some(schedule) = store::lock_schedule(conn, company_id).await? else { return Ok(()) };
    let Some(at) = schedule.next_at.filter(|at| *at <= now) else { return Ok(()) };
    if let Some((destination, payable)) = due
        && payable.amount >= schedule.minimum.max(least(payable.currency).amount)
        && let Some(period) = schedule.frequency.period(at)
    {
        let payout = Payout::new(destination.payout_of(*payable, Reason::Period(period)), now);
        payouts::insert_payout_of_period(conn, &payout).await?;
    }
    // What was missed while the clock ran ahead is paid for with the next one.
    let next_at = schedule.frequency.next_run(now);
    store::save_schedule(conn, &Schedule { next_at, ..schedule }).await?;
    Ok(())
}
