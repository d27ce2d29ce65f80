//! Refunds of captures: <https://developer.paypal.com/docs/api/payments/v2/#captures_refund>.

use serde::Serialize;

use super::{
    amounts::to_paypal,
    client::PaypalClient,
    objects::{MoneyObject, RefundObject, unreadable},
};
use crate::{ProviderError, RefundRequest, RefundState, http::checked_id};

#[derive(Serialize)]
struct RefundCall {
    amount: MoneyObject,
    custom_id: String,
    invoice_id: String,
}

pub async fn refund(client: &PaypalClient, request: &RefundRequest) -> Result<RefundState, ProviderError> {
    let path = format!("v2/payments/captures/{}/refund", checked_id(&request.provider_payment_id)?);
    let refund_id = request.refund_id.to_string();
    let body =
        RefundCall { amount: to_paypal(request.amount)?, custom_id: refund_id.clone(), invoice_id: refund_id.clone() };
    let refund: RefundObject = client.post(&path, &format!("refund:{refund_id}"), &body).await?;
    refund_state(&refund)
}

pub async fn retrieve_refund(client: &PaypalClient, id: &str) -> Result<RefundState, ProviderError> {
    let refund: RefundObject = client.get(&format!("v2/payments/refunds/{}", checked_id(id)?)).await?;
    refund_state(&refund)
}

fn refund_state(refund: &RefundObject) -> Result<RefundState, ProviderError> {
    Ok(RefundState {
        provider_refund_id: refund.id.clone(),
        amount: refund.money().ok_or_else(|| unreadable("a refund without an amount"))?,
        status: refund.state(),
        failure: refund.failure(),
    })
}
