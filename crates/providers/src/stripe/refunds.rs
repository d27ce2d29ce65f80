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
    let call = match request.reason {
        Some(reason) => call.reason(stripe_reason(reason)),
        None => call,
    };
    Ok(match request.application_fee {
        // The company gives its share back, and we our fee, both in proportion.
        Some(fee) if fee.is_positive() => call.reverse_transfer(true).refund_application_fee(true),
        Some(_) => call.reverse_transfer(true),
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

#[cfg(test)]
mod tests {
    use kernel::{Currency, Money, PaymentId, RefundId};

    use super::*;

    #[test]
    fn a_payment_that_has_settled_with_the_company_is_refunded_by_both() {
        for (fee, transfer, application_fee) in
            [(None, None, None), (Some(357), Some(true), Some(true)), (Some(0), Some(true), None)]
        {
            let call = refund_call(&RefundRequest {
                refund_id: RefundId::new(),
                payment_id: PaymentId::new(),
                provider_payment_id: "pi_1".to_owned(),
                amount: Money::new(3_570, Currency::EUR),
                reason: None,
                application_fee: fee.map(|fee| Money::new(fee, Currency::EUR)),
            });
            let form = serde_json::to_value(call.unwrap()).unwrap()["inner"].clone();
            assert_eq!(form.get("reverse_transfer").and_then(serde_json::Value::as_bool), transfer, "{form}");
            assert_eq!(form.get("refund_application_fee").and_then(serde_json::Value::as_bool), application_fee);
        }
    }
}
