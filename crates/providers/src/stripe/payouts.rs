//! Transfers to connected accounts, and payouts from there to banks: <https://docs.stripe.com/api/transfers>,
//! <https://docs.stripe.com/api/payouts>.

use std::collections::HashMap;

use jiff::Timestamp;
use kernel::PayoutId;
use stripe::{Client, StripeRequest};
use stripe_connect::{
    transfer::{CreateTransfer, ListTransfer, RetrieveTransfer},
    transfer_reversal::CreateIdTransferReversal,
};
use stripe_core::payout::{CreatePayout, ListPayout, RetrievePayout};
use stripe_shared::Payout;

use super::{
    accounts::checked_account,
    amounts::{from_stripe, stripe_currency, to_stripe},
    checked_id,
    errors::provider_error,
    once_under,
    states::{payout_failure, payout_progress, unreadable},
};
use crate::{BankPayoutRequest, PayoutProgress, PayoutState, ProviderError, ReversalRequest, TransferRequest};

/// As many as a page of Stripe's lists can have.
const PAGE: i64 = 100;

fn metadata(payout_id: PayoutId) -> HashMap<String, String> {
    HashMap::from([("payout_id".to_owned(), payout_id.to_string())])
}

fn is_about(metadata: &HashMap<String, String>, payout_id: PayoutId) -> bool {
    metadata.get("payout_id").is_some_and(|id| *id == payout_id.to_string())
}

pub async fn transfer(client: &Client, request: &TransferRequest) -> Result<String, ProviderError> {
    if request.asked_before
        && let Some(found) = find_transfer(client, request).await?
    {
        return Ok(found);
    }
    let strategy = once_under(&format!("transfer:{}:{}", request.payout_id, request.refusals))?;
    let call =
        CreateTransfer::new(stripe_currency(request.amount.currency)?, checked_id(&request.provider_account_id)?)
            .amount(to_stripe(request.amount)?)
            .transfer_group(request.payout_id.to_string())
            .metadata(metadata(request.payout_id));
    let transfer = call.customize().request_strategy(strategy).send(client).await.map_err(provider_error)?;
    Ok(transfer.id.to_string())
}

/// The transfer of a payout is alone in its group.
async fn find_transfer(client: &Client, request: &TransferRequest) -> Result<Option<String>, ProviderError> {
    let list = ListTransfer::new().transfer_group(request.payout_id.to_string()).limit(PAGE);
    let found = list.send(client).await.map_err(provider_error)?.data;
    let ours = found.into_iter().find(|transfer| is_about(&transfer.metadata, request.payout_id));
    Ok(ours.map(|transfer| transfer.id.to_string()))
}

/// Looked up first each time: what was taken back cannot be taken back again.
pub async fn reverse_transfer(client: &Client, request: &ReversalRequest) -> Result<String, ProviderError> {
    let id = checked_id(&request.provider_transfer_id)?;
    let transfer = RetrieveTransfer::new(id).send(client).await.map_err(provider_error)?;
    if transfer.reversed {
        let newest = transfer.reversals.data.first().map(|reversal| reversal.id.to_string());
        return Ok(newest.unwrap_or_else(|| id.to_owned()));
    }
    let strategy = once_under(&format!("reversal:{}:{}", request.payout_id, request.refusals))?;
    let call = CreateIdTransferReversal::new(id).metadata(metadata(request.payout_id));
    let reversal = call.customize().request_strategy(strategy).send(client).await.map_err(provider_error)?;
    Ok(reversal.id.to_string())
}

pub async fn pay_out(client: &Client, request: &BankPayoutRequest) -> Result<PayoutState, ProviderError> {
    if request.asked_before
        && let Some(found) = find_payout(client, request).await?
    {
        return Ok(found);
    }
    let strategy = once_under(&format!("payout:{}:{}", request.payout_id, request.refusals))?;
    let call = CreatePayout::new(to_stripe(request.amount)?, stripe_currency(request.amount.currency)?)
        .metadata(metadata(request.payout_id));
    let account = checked_account(&request.provider_account_id)?;
    let call = call.customize().account_id(account).request_strategy(strategy);
    payout_state(&call.send(client).await.map_err(provider_error)?)
}

async fn find_payout(client: &Client, request: &BankPayoutRequest) -> Result<Option<PayoutState>, ProviderError> {
    let account = checked_account(&request.provider_account_id)?;
    let list = ListPayout::new().limit(PAGE).customize().account_id(account);
    let found = list.send(client).await.map_err(provider_error)?.data;
    let is_ours = |payout: &&Payout| payout.metadata.as_ref().is_some_and(|known| is_about(known, request.payout_id));
    found.iter().find(is_ours).map(payout_state).transpose()
}

pub async fn retrieve_payout(client: &Client, account: &str, id: &str) -> Result<PayoutState, ProviderError> {
    let call = RetrievePayout::new(checked_id(id)?).customize().account_id(checked_account(account)?);
    payout_state(&call.send(client).await.map_err(provider_error)?)
}

fn payout_state(payout: &Payout) -> Result<PayoutState, ProviderError> {
    let code = payout.currency.to_string();
    let amount =
        from_stripe(payout.amount, &code).ok_or_else(|| unreadable(&format!("amount {} {code}", payout.amount)))?;
    let progress = payout_progress(&payout.status);
    let failed = progress == PayoutProgress::Failed;
    let failure = failed.then(|| payout_failure(payout.failure_code.as_deref(), payout.failure_message.as_deref()));
    Ok(PayoutState {
        provider_payout_id: payout.id.to_string(),
        amount,
        progress,
        failure,
        arrives_at: Timestamp::from_second(payout.arrival_date).ok(),
        movement_id: None,
    })
}
