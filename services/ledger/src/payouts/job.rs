//! A payable below zero is money that the company owes: it becomes a receivable, which the next payout sets off.

use std::time::Duration;

use kernel::{AccountId, CompanyId, Currency, TransferId};
use service_kit::Job;
use store::Conn;

use super::{
    error::PayoutError,
    model::{Standing, set_off},
};
use crate::{
    accounts::{
        AccountCode, AccountKey,
        store::{lock_accounts, overdrawn_company_accounts},
    },
    rules::{Cast, Parts, legs},
    startup::App,
    transfers::TransferDraft,
};

/// Raises a receivable for every company whose payable is below zero.
pub async fn raise_receivables(app: &App) -> Result<(), PayoutError> {
    let accounts = overdrawn_company_accounts(&mut *app.db.conn().await?).await?;
    for account in accounts {
        // Only what is payable: a pending share below zero may still be made up for before the booking is over.
        let Ok(AccountCode::CompanyPayable(company_id)) = account.code.parse() else { continue };
        let (id, currency) = (account.id, account.currency);
        app.db.transaction(async |conn| raise_in_tx(app, conn, (id, company_id, currency)).await).await?;
    }
    Ok(())
}

async fn raise_in_tx(
    app: &App,
    conn: &mut Conn,
    (payable, company_id, currency): (AccountId, CompanyId, Currency),
) -> Result<(), PayoutError> {
    let receivable = AccountKey::new(AccountCode::Receivable(company_id), currency);
    app.books.open_in_tx(conn, &[&receivable]).await?;
    let mut ids = [payable, receivable.id()];
    ids.sort_unstable();
    let states = lock_accounts(conn, &ids).await?;
    let posted = states.iter().find(|state| state.id == payable).map_or(0, |state| state.posted);
    if posted >= 0 {
        return Ok(());
    }
    let cast = Cast { company: Some(company_id), ..Cast::new(currency) };
    let drafts = set_off(Standing { payable: posted, receivable: 0, desk_debt: 0 })
        .postings
        .into_iter()
        .map(|(kind, amount)| -> Result<TransferDraft, PayoutError> {
            let legs = legs(kind, &cast, Parts::whole(amount))?;
            // The account is locked and at zero from here on: a repetition finds nothing.
            Ok(TransferDraft::new(TransferId::new(), kind, company_id.to_string(), app.clock.now(), legs)?)
        })
        .collect::<Result<Vec<_>, PayoutError>>()?;
    app.books.post_in_tx(conn, &drafts).await?;
    Ok(())
}

pub fn job() -> Job<App> {
    Job::new("raise_receivables", Duration::from_secs(3_600), |app, now| {
        Box::pin(async move {
            if app.receivables.is_due(now) {
                raise_receivables(app).await?;
            }
            Ok(())
        })
    })
}
