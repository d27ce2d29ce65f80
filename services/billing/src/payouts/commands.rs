//! Asking for payouts, and taking in what the provider tells of them.

use actix_web::http::StatusCode;
use jiff::Timestamp;
use kernel::{CompanyId, Money, PayoutId};
use providers::PayoutUpdated;
use serde::Serialize;
use service_kit::{
    Claim, Idempotent, StoredAnswer,
    identity::{Allowed, permissions::ManagePayouts},
};
use store::Conn;

use super::{
    Payout, PayoutError, PayoutStatus,
    amounts::{Refusal, amount_to_pay},
    destination::{Destination, find_destination},
    ledger,
    model::{Fact, Reason},
    steps, store as payouts,
};
use crate::{App, worklist::lease_end};

/// Pays a company out: the amount, or everything where none is named.
///
/// The first transaction claims the client's key, the second one names the payout in it; then the ledger is asked to hold
/// the money, and the last transaction stores the answer. Killed in between, a job goes on with the payout, and the next
/// request with the same key answers it.
pub async fn request_payout<R: Serialize + Send + Sync>(
    app: &App,
    allowed: &Allowed<ManagePayouts>,
    idempotent: &Idempotent,
    wish: Option<Money>,
    answer: fn(Payout) -> R,
) -> Result<StoredAnswer, PayoutError> {
    let claimed = app.db.transaction(async |conn| idempotent.claim_in_tx::<PayoutError>(conn).await).await?;
    let known = match claimed {
        Claim::Answered(answer) => return Ok(answer),
        Claim::Resumed { resource_id: Some(id) } => resumable(app, PayoutId::from_uuid(id)).await?,
        Claim::First | Claim::Resumed { resource_id: None } => None,
    };
    let made = match known {
        Some(payout) => Ok(payout),
        None => make_payout(app, allowed, idempotent, wish).await,
    };
    match made {
        Ok(payout) => store_answer(app, idempotent, payout, answer).await,
        Err(error) => {
            app.db.transaction(async |conn| idempotent.release_in_tx(conn).await).await?;
            Err(error)
        }
    }
}

/// A payout that was refused is no answer to somebody who asks again.
async fn resumable(app: &App, id: PayoutId) -> Result<Option<Payout>, PayoutError> {
    let mut conn = app.db.conn().await?;
    let payout = payouts::find_payout(&mut conn, id).await?;
    Ok(payout.filter(|payout| payout.status != PayoutStatus::Failed))
}

async fn make_payout(
    app: &App,
    allowed: &Allowed<ManagePayouts>,
    idempotent: &Idempotent,
    wish: Option<Money>,
) -> Result<Payout, PayoutError> {
    let (company_id, now) = (allowed.company_id(), app.clock.now());
    let destination = destination(app, company_id).await?;
    let amount = amount_to_pay(wish, ledger::payable(app, company_id, destination.currency).await?)?;
    let payout = Payout::new(destination.payout_of(amount, Reason::Asked(allowed.caller().user_id())), now);
    app.db
        .transaction(async |conn| {
            payouts::insert_claimed_payout(conn, &payout, lease_end()).await?;
            idempotent.name_resource_in_tx(conn, payout.id.uuid()).await?;
            Ok::<_, PayoutError>(())
        })
        .await?;
    // Whether the ledger has that much is better told now than later. What it does not answer, a job finds out.
    if let Err(error) = steps::take_step(app, payout.id, now).await {
        tracing::warn!(payout_id = %payout.id, %error, "a payout is not held yet");
    }
    let mut conn = app.db.conn().await?;
    payouts::STEPS.finish(&mut conn, payout.id).await?;
    app.jobs.notify();
    let payout = payouts::find_payout(&mut conn, payout.id).await?.ok_or(PayoutError::Unknown(payout.id))?;
    if payout.status == PayoutStatus::Failed {
        return Err(Refusal::Insufficient(payout.amount.currency.zero()).into());
    }
    Ok(payout)
}

async fn destination(app: &App, company_id: CompanyId) -> Result<Destination, PayoutError> {
    let mut conn = app.db.conn().await?;
    find_destination(&mut conn, company_id).await?.ok_or(PayoutError::NotEnabled)
}

async fn store_answer<R: Serialize + Send + Sync>(
    app: &App,
    idempotent: &Idempotent,
    payout: Payout,
    answer: fn(Payout) -> R,
) -> Result<StoredAnswer, PayoutError> {
    let answer = answer(payout);
    let store =
        async |conn: &mut Conn| idempotent.answer_in_tx::<_, PayoutError>(conn, StatusCode::CREATED, &answer).await;
    app.db.transaction(store).await
}

/// Takes a provider's event in. One that overtakes our record of the call is refused, so that it is tried again.
pub async fn record_event_in_tx(conn: &mut Conn, told: PayoutUpdated, now: Timestamp) -> Result<(), PayoutError> {
    let id = told.payout_id;
    let payout = payouts::lock_payout(conn, id).await?.ok_or(PayoutError::Unknown(id))?;
    let is_ours = payout.account() == told.provider_account_id.as_deref();
    if !is_ours || matches!(payout.status, PayoutStatus::Requested | PayoutStatus::Held) {
        return Err(PayoutError::Unknown(id));
    }
    steps::record_fact_in_tx(conn, id, Fact::Told(told.state), now).await?;
    Ok(())
}
