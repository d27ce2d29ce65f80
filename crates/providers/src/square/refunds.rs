//! Refunds: <https://developer.squareup.com/reference/square/refunds-api>.

use serde::Serialize;

use super::{
    client::SquareClient,
    objects::{MoneyObject, RefundAnswer, RefundObject},
};
use crate::{ProviderError, RefundReason, RefundRequest, RefundState, http::checked_id};

#[derive(Serialize)]
struct RefundCall {
    /// At most 45 characters.
    idempotency_key: String,
    payment_id: String,
    amount_money: MoneyObject,
    reason: String,
    /// What of it is our fee, of a payment on a company's account.
    #[serde(skip_serializing_if = "Option::is_none")]
    app_fee_money: Option<MoneyObject>,
}

pub async fn refund(client: &SquareClient, request: &RefundRequest) -> Result<RefundState, ProviderError> {
    let answer: RefundAnswer = client.post("v2/refunds", &refund_call(request)?).await?;
    refund_state(&answer.refund)
}

fn refund_call(request: &RefundRequest) -> Result<RefundCall, ProviderError> {
    Ok(RefundCall {
        idempotency_key: format!("refund:{}", request.refund_id),
        payment_id: checked_id(&request.provider_payment_id)?.to_owned(),
        amount_money: request.amount.into(),
        reason: format!("{} {}", words(request.reason), request.refund_id),
        app_fee_money: request.application_fee.filter(|fee| fee.is_positive()).map(MoneyObject::from),
    })
}

fn words(reason: Option<RefundReason>) -> &'static str {
    match reason {
        Some(RefundReason::Duplicate) => "Duplicate",
        Some(RefundReason::Fraudulent) => "Fraudulent",
        Some(RefundReason::RequestedByCustomer) => "Requested by customer",
        None => "Refund",
    }
}

pub async fn retrieve_refund(client: &SquareClient, id: &str) -> Result<RefundState, ProviderError> {
    let answer: RefundAnswer = client.get(&format!("v2/refunds/{}", checked_id(id)?)).await?;
    refund_state(&answer.refund)
}

fn refund_state(refund: &RefundObject) -> Result<RefundState, ProviderError> {
    Ok(RefundState {
        provider_refund_id: refund.id.clone(),
        amount: refund.amount_money.readable()?,
        status: refund.state(),
        failure: refund.failure(),
    })
}

#[cfg(test)]
mod tests {
    use kernel::{Currency, Money, PaymentId, RefundId};

    use super::*;

    #[test]
    fn a_refund_is_known_again_by_its_reason() {
        let refund_id = RefundId::new();
        let call = refund_call(&RefundRequest {
            refund_id,
            payment_id: PaymentId::new(),
            provider_payment_id: "p1".to_owned(),
            amount: Money::new(10, Currency::EUR),
            reason: Some(RefundReason::Duplicate),
            application_fee: Some(Money::new(1, Currency::EUR)),
        })
        .unwrap();
        assert_eq!(serde_json::to_value(&call).unwrap()["app_fee_money"]["amount"], 1);
        assert!(call.idempotency_key.len() <= 45, "{}", call.idempotency_key);
        let told = serde_json::json!({"id": "r1", "amount_money": call.amount_money, "reason": call.reason});
        assert_eq!(serde_json::from_value::<RefundObject>(told).unwrap().refund_id(), Some(refund_id));
    }
}
