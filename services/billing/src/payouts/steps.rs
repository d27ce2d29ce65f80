//! The steps of a payout, one call each.
//!
//! Before a call it is recorded that it is about to be made, after it what came of it; killed in between, the next one to
//! come makes the same call under the same key, or finds what was done.

use jiff::{SignedDuration, Timestamp};
use kernel::PayoutId;
use providers::{DisbursementProvider, Failure, PayoutProvider, ProviderError};
use service_kit::peers::PeerError;
use store::Conn;

use super::{
    events, ledger,
    model::{Fact, Payout, Step, Way},
    store as payouts,
};
use crate::App;

/// What came of a step.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// There may be another one to take.
    Moved,
    /// The provider is awaited, or all is done.
    Rests,
}

/// Why a step has not been taken; it is to be tried again.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    #[error("the ledger: {0}")]
    Ledger(#[from] PeerError),
    #[error("the provider: {0}")]
    Provider(#[from] ProviderError),
    /// Not now, and not for a while.
    #[error("our balance at the provider is too small for it: {0}")]
    BalanceTooSmall(#[source] ProviderError),
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl StepError {
    /// How long to wait, where that is known.
    pub fn wait(&self) -> Option<SignedDuration> {
        matches!(self, Self::BalanceTooSmall(_)).then_some(BALANCE_RETRY)
    }
}

/// Customers have to pay more in first.
const BALANCE_RETRY: SignedDuration = SignedDuration::from_hours(1);

/// Takes the next step of a payout. Two processes may do it at once.
pub async fn take_step(app: &App, id: PayoutId, now: Timestamp) -> Result<Progress, StepError> {
    let Some((payout, step)) = begin(app, id, now).await? else { return Ok(Progress::Rests) };
    let fact = call(app, &payout, step, now).await;
    match fact {
        Ok(fact) => record(app, id, fact, now).await,
        Err(error @ StepError::BalanceTooSmall(_)) => {
            put_off(app, &payout).await?;
            Err(error)
        }
        Err(error) => Err(error),
    }
}

/// Records that the step is about to be taken; answers the payout as it was before, which tells whether it may have been
/// taken already.
async fn begin(app: &App, id: PayoutId, now: Timestamp) -> Result<Option<(Payout, Step)>, StepError> {
    app.db
        .transaction(async |conn| {
            let Some(payout) = payouts::lock_payout(conn, id).await? else { return Ok(None) };
            let Some(step) = payout.next_step(now) else { return Ok(None) };
            let mut asked = payout.clone();
            asked.ask(now);
            save_changed(conn, &payout, asked, now).await?;
            Ok::<_, StepError>(Some((payout, step)))
        })
        .await
}

async fn call(app: &App, payout: &Payout, step: Step, now: Timestamp) -> Result<Fact, StepError> {
    match step {
        Step::Hold => Ok(ledger::hold(app, payout).await?),
        Step::Capture => Ok(ledger::capture(app, payout).await?),
        Step::Void => Ok(ledger::void(app, payout).await?),
        Step::Return => Ok(ledger::give_back(app, payout).await?),
        Step::Transfer | Step::PayOut | Step::Ask | Step::Reverse => ask_provider(app, payout, step, now).await,
    }
}

async fn ask_provider(app: &App, payout: &Payout, step: Step, now: Timestamp) -> Result<Fact, StepError> {
    let provider = app.provider(payout.provider)?;
    let off = || ProviderError::NotConfigured(payout.provider);
    let answer = match &payout.way {
        Way::Account(account) => by_account(provider.payouts().ok_or_else(off)?, payout, (account, step)).await,
        Way::Receiver(address) => {
            to_receiver(provider.disbursements().ok_or_else(off)?, payout, (address.as_deref(), step), now).await
        }
    };
    answer.or_else(|error| verdict(error, step))
}

async fn by_account(
    provider: &dyn PayoutProvider,
    payout: &Payout,
    (account, step): (&str, Step),
) -> Result<Fact, ProviderError> {
    match step {
        Step::Transfer => Ok(Fact::Transferred(provider.transfer(payout.transfer_request(account)).await?)),
        Step::PayOut => Ok(Fact::Told(provider.pay_out(payout.bank_request(account)).await?)),
        Step::Reverse => {
            let request = payout.reversal_request().ok_or_else(|| unknown("the transfer"))?;
            Ok(Fact::Reversed(provider.reverse_transfer(request).await?))
        }
        _ => Ok(Fact::Told(provider.retrieve_payout(account, provider_payout_id(payout)?).await?)),
    }
}

/// Nothing is moved before, and nothing taken back after.
async fn to_receiver(
    provider: &dyn DisbursementProvider,
    payout: &Payout,
    (address, step): (Option<&str>, Step),
    now: Timestamp,
) -> Result<Fact, ProviderError> {
    match step {
        Step::PayOut => {
            let address = address.ok_or_else(|| unknown("the receiver"))?;
            Ok(Fact::Told(provider.disburse(payout.disbursement_request(address, now)).await?))
        }
        _ => Ok(Fact::Told(provider.retrieve_disbursement(provider_payout_id(payout)?).await?)),
    }
}

fn provider_payout_id(payout: &Payout) -> Result<&str, ProviderError> {
    payout.provider_payout_id.as_deref().ok_or_else(|| unknown("the payout"))
}

fn unknown(what: &str) -> ProviderError {
    ProviderError::NotFound(what.to_owned())
}

/// What a refusal means for the payout. Money that has moved is never given up: what cannot be undone now is tried again.
fn verdict(error: ProviderError, step: Step) -> Result<Fact, StepError> {
    match (error, step) {
        (error, _) if error.is_lack_of_balance() => {
            tracing::error!(?step, "the balance at the provider is too small for a payout");
            Err(StepError::BalanceTooSmall(error))
        }
        (ProviderError::InvalidRequest(failure) | ProviderError::Declined(failure), Step::Transfer | Step::PayOut) => {
            Ok(Fact::Refused(step, failure))
        }
        (ProviderError::NotFound(message), Step::Transfer | Step::PayOut) => {
            Ok(Fact::Refused(step, Failure { code: "account_not_found".to_owned(), message }))
        }
        (error, _) => {
            if !error.is_retryable() {
                tracing::error!(?step, %error, "a payout stands still");
            }
            Err(error.into())
        }
    }
}

async fn record(app: &App, id: PayoutId, fact: Fact, now: Timestamp) -> Result<Progress, StepError> {
    app.db.transaction(async |conn| record_fact_in_tx(conn, id, fact.clone(), now).await).await?;
    Ok(Progress::Moved)
}

/// Takes in what came of a step, or what the provider tells.
pub async fn record_fact_in_tx(
    conn: &mut Conn,
    id: PayoutId,
    fact: Fact,
    now: Timestamp,
) -> Result<Option<Payout>, store::Error> {
    let Some(before) = payouts::lock_payout(conn, id).await? else { return Ok(None) };
    if let Fact::Told(state) = &fact
        && state.amount != before.amount
    {
        tracing::error!(%id, ours = %before.amount, theirs = %state.amount, "a payout of another amount");
    }
    let mut payout = before.clone();
    let outcome = payout.apply(fact, now);
    let payout = save_changed(conn, &before, payout, now).await?;
    if let Some(outcome) = outcome {
        events::enqueue(conn, &payout, outcome, now).await?;
    }
    Ok(Some(payout))
}

async fn put_off(app: &App, asked: &Payout) -> Result<(), StepError> {
    app.db
        .transaction(async |conn| {
            let Some(before) = payouts::lock_payout(conn, asked.id).await? else { return Ok(()) };
            // Another process may have gone on meanwhile.
            if before.status != asked.status {
                return Ok(());
            }
            let mut payout = before.clone();
            payout.put_off(asked.refusals);
            save_changed(conn, &before, payout, before.updated_at).await?;
            Ok::<_, StepError>(())
        })
        .await
}

async fn save_changed(
    conn: &mut Conn,
    before: &Payout,
    mut payout: Payout,
    now: Timestamp,
) -> Result<Payout, store::Error> {
    if payout != *before {
        payout.version += 1;
        payout.updated_at = now;
        payouts::update_payout(conn, &payout).await?;
    }
    Ok(payout)
}
