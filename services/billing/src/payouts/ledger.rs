//! What billing asks of the ledger about payouts. Each call can be made again: the ledger knows a payout by its id.

use kernel::{CompanyId, Currency, Money, UserId};
use providers::Failure;
use serde::{Deserialize, Serialize};
use service_kit::peers::PeerError;

use super::model::{Fact, Payout, Reason};
use crate::App;

const LEDGER: &str = "ledger";

#[derive(Debug, Deserialize)]
struct Payables {
    payables: Vec<Money>,
}

#[derive(Debug, Serialize)]
struct HoldRequest<'a> {
    id: kernel::PayoutId,
    company_id: CompanyId,
    provider: &'a str,
    amount: Money,
    requested_by: Option<UserId>,
}

impl<'a> From<&'a Payout> for HoldRequest<'a> {
    fn from(payout: &'a Payout) -> Self {
        let requested_by = match &payout.reason {
            Reason::Asked(user_id) => Some(*user_id),
            Reason::Period(_) => None,
        };
        let (company_id, provider) = (payout.company_id, payout.provider.as_str());
        Self { id: payout.id, company_id, provider, amount: payout.amount, requested_by }
    }
}

/// The `code` of a refusal.
#[derive(Debug, Deserialize)]
struct Refusal {
    code: String,
}

fn refusal(error: &PeerError) -> Option<String> {
    match error {
        PeerError::Refused { status, body, .. } if status.as_u16() == 409 => {
            serde_json::from_str::<Refusal>(body).ok().map(|refusal| refusal.code)
        }
        _ => None,
    }
}

/// What the company can have paid out in a currency, less what it owes.
pub async fn payable(app: &App, company_id: CompanyId, currency: Currency) -> Result<Money, PeerError> {
    let path = format!("/internal/companies/{company_id}/payables");
    let found: Option<Payables> = app.peers.get(LEDGER, &path).await?;
    let mut payables = found.map(|found| found.payables).unwrap_or_default().into_iter();
    Ok(payables.find(|payable| payable.currency == currency).unwrap_or(currency.zero()))
}

pub async fn hold(app: &App, payout: &Payout) -> Result<Fact, PeerError> {
    match app.peers.tell(LEDGER, "/internal/payouts", &HoldRequest::from(payout)).await {
        Ok(()) => Ok(Fact::Held),
        Err(error) if refusal(&error).as_deref() == Some("insufficient_balance") => Ok(Fact::NotHeld(Failure {
            code: "insufficient_balance".to_owned(),
            message: "The company does not have that much.".to_owned(),
        })),
        Err(error) => Err(error),
    }
}

pub async fn capture(app: &App, payout: &Payout) -> Result<Fact, PeerError> {
    close(app, payout, "capture").await?;
    Ok(Fact::Captured)
}

/// A hold that is closed and was not voided was captured: the answer to that was lost.
pub async fn void(app: &App, payout: &Payout) -> Result<Fact, PeerError> {
    match close(app, payout, "void").await {
        Ok(()) => Ok(Fact::Voided),
        Err(error) if refusal(&error).as_deref() == Some("hold_closed") => Ok(Fact::Captured),
        Err(error) => Err(error),
    }
}

async fn close(app: &App, payout: &Payout, how: &str) -> Result<(), PeerError> {
    let path = format!("/internal/payouts/{}/{how}", payout.id);
    app.peers.tell(LEDGER, &path, &serde_json::json!({})).await
}

pub async fn give_back(app: &App, payout: &Payout) -> Result<Fact, PeerError> {
    app.peers.tell(LEDGER, "/internal/payout-returns", &HoldRequest::from(payout)).await?;
    Ok(Fact::Returned)
}
