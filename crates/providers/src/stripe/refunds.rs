//! Refunds: <https://docs.stripe.com/api/refunds>.

use std::collections::HashMap;

use stripe::{Client, StripeRequest};
use stripe_core::refund::{CreateRefund, CreateRefundReason, RetrieveRefund};

use super::{amounts::to_stripe, checked_id, errors::provider_error, once_under, states::refund_state};
use crate::{ProviderError, RefundReason, RefundRequest, RefundState};

pub async fn refund(client: &Client, request: RefundRequest) -> Result<RefundState, ProviderError> {
    let strategy = once_under(&format!("refund:{}", request.refund_id))?;
    let call = refund_call(&request)?;
    let refund = call.customize().request_strategy(strategy).send(client).await.map_err(provider_error)?;
    refund_state(&refund)
}

fn refund_call(request: &RefundRequest) -> Result<CreateRefund, ProviderError> {
    let metadata = HashMap::from([
        ("refund_id".to_owned(), request.refund_id.to_string()),
        ("payment_id".to_owned(), request.payment_id.to_string()),
    ]);
    let call = CreateRefund::new()
        .payment_intent(checked_id(&request.provider_payment_id)?)
        .amount(to_stripe(request.amount)?)
        .metadata(metadata);
    Ok(match request.reason {
        Some(reason) => call.reason(stripe_reason(reason)),
        None => call,
    })
}

fn stripe_reason(reason: RefundReason) -> CreateRefundReason {
    match reason {
        RefundReason::RequestedByCustomer => CreateRefundReason::RequestedByCustomer,
        RefundReason::Duplicate => CreateRefundReason::Duplicate,
        RefundReason::Fraudulent => CreateRefundReason::Fraudulent,
    }
}

pub async fn retrieve_refund(client: &Client, id: &str) -> Result<RefundState, ProviderError> {
    let refund = RetrieveRefund::new(checked_id(id)?).send(client).await.map_err(provider_error)?;
    refund_state(&refund)
}
