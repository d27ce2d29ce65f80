//! Orders: <https://developer.paypal.com/docs/api/orders/v2/>.

use serde::Serialize;
use serde_json::json;

use super::{
    amounts::to_paypal,
    client::PaypalClient,
    objects::{MoneyObject, OrderObject, unreadable},
};
use crate::{
    ExpireOutcome, Failure, PaymentState, PaymentStatus, ProviderError, Session, SessionRequest, SessionState,
    SessionStatus,
    http::{checked_id, shortened},
};

#[derive(Serialize)]
struct CreateOrder {
    intent: &'static str,
    purchase_units: [NewUnit; 1],
    payment_source: serde_json::Value,
}

#[derive(Serialize)]
struct NewUnit {
    amount: MoneyObject,
    description: String,
    /// Comes back with the capture and every event about it.
    custom_id: String,
    /// PayPal takes one payment per invoice id: whatever goes wrong with keys, nobody pays twice for one payment of ours.
    invoice_id: String,
}

const LONGEST_DESCRIPTION: usize = 127;

pub async fn create_order(client: &PaypalClient, request: &SessionRequest) -> Result<Session, ProviderError> {
    let key = format!("session:{}", request.payment_id);
    let order: OrderObject = client.post("v2/checkout/orders", &key, &order_call(request)?).await?;
    let url = order.approval_url().ok_or_else(|| unreadable("an order without a page"))?;
    Ok(Session {
        checkout_url: url.parse().map_err(|_| unreadable("a page without a readable address"))?,
        provider_payment_id: None,
        // PayPal keeps an order that nobody approves for some hours, and does not say how many.
        expires_at: None,
        provider_session_id: order.id,
    })
}

fn order_call(request: &SessionRequest) -> Result<CreateOrder, ProviderError> {
    let mut wallet = json!({
        "experience_context": {
            "return_url": request.success_url,
            "cancel_url": request.cancel_url,
            "user_action": "PAY_NOW",
            "shipping_preference": "NO_SHIPPING",
        },
    });
    if let (Some(email), Some(wallet)) = (&request.customer_email, wallet.as_object_mut()) {
        wallet.insert("email_address".to_owned(), json!(email));
    }
    Ok(CreateOrder {
        intent: "CAPTURE",
        purchase_units: [NewUnit {
            amount: to_paypal(request.amount)?,
            description: shortened(&request.description, LONGEST_DESCRIPTION),
            custom_id: request.payment_id.to_string(),
            invoice_id: request.payment_id.to_string(),
        }],
        payment_source: json!({"paypal": wallet}),
    })
}

pub async fn retrieve_order(client: &PaypalClient, id: &str) -> Result<SessionState, ProviderError> {
    order_state(&fetch(client, id).await?)
}

async fn fetch(client: &PaypalClient, id: &str) -> Result<OrderObject, ProviderError> {
    client.get(&format!("v2/checkout/orders/{}", checked_id(id)?)).await
}

/// Takes the money of an approved order. The key is of this approval: a decline that PayPal remembers under it must not
/// answer the customer's next try.
pub async fn capture_order(client: &PaypalClient, id: &str) -> Result<SessionState, ProviderError> {
    let order = fetch(client, id).await?;
    let before = order_state(&order)?;
    if before.status != SessionStatus::Approved {
        return Ok(before);
    }
    let key = format!("capture:{}:{}", order.id, order.update_time.as_deref().unwrap_or_default());
    let path = format!("v2/checkout/orders/{}/capture", checked_id(id)?);
    match client.post::<_, OrderObject>(&path, &key, &json!({})).await {
        Ok(captured) => order_state(&captured),
        Err(ProviderError::Declined(failure)) => Ok(declined(before, failure)),
        // Somebody else has captured it, or the customer has taken the approval back.
        Err(ProviderError::InvalidRequest(failure)) if is_overtaken(&failure) => retrieve_order(client, id).await,
        Err(error) => Err(error),
    }
}

fn is_overtaken(failure: &Failure) -> bool {
    matches!(failure.code.as_str(), "order_already_captured" | "order_not_approved" | "payer_action_required")
}

/// The customer may choose another way to pay on the same page.
fn declined(before: SessionState, failure: Failure) -> SessionState {
    let payment = PaymentState { status: PaymentStatus::Failed, failure: Some(failure), ..before.payment };
    SessionState { status: SessionStatus::Open, payment }
}

fn order_state(order: &OrderObject) -> Result<SessionState, ProviderError> {
    let asked = order.purchase_units.first().and_then(|unit| unit.amount.as_ref());
    let asked = asked.ok_or_else(|| unreadable("an order without an amount"))?.readable()?;
    let mut payment = PaymentState {
        status: PaymentStatus::Unpaid,
        provider_payment_id: None,
        amount_received: asked.currency.zero(),
        method: None,
        failure: None,
    };
    if let Some(capture) = order.capture() {
        payment.status = capture.state();
        payment.provider_payment_id = Some(capture.id.clone());
        match payment.status {
            PaymentStatus::Succeeded => {
                payment.amount_received = capture.money().ok_or_else(|| unreadable("a capture without an amount"))?;
                payment.method = Some(order.method());
            }
            PaymentStatus::Failed => payment.failure = Some(capture.failure()),
            _ => {}
        }
    }
    let is_taken = matches!(payment.status, PaymentStatus::Succeeded | PaymentStatus::Processing);
    let status = match order.status.as_deref() {
        _ if is_taken => SessionStatus::Complete,
        Some("APPROVED") => SessionStatus::Approved,
        Some("COMPLETED" | "CREATED" | "SAVED" | "PAYER_ACTION_REQUIRED") => SessionStatus::Open,
        Some("VOIDED") => SessionStatus::Expired,
        other => return Err(unreadable(&format!("order status {other:?}"))),
    };
    Ok(SessionState { status, payment })
}

/// An order needs no closing: what is not captured is not paid. The caller remembers not to capture it.
pub async fn give_up_order(client: &PaypalClient, id: &str) -> Result<ExpireOutcome, ProviderError> {
    let state = match retrieve_order(client, id).await {
        Ok(state) => state,
        Err(ProviderError::NotFound(_)) => return Ok(ExpireOutcome::AlreadyExpired),
        Err(error) => return Err(error),
    };
    Ok(match state.status {
        SessionStatus::Complete => ExpireOutcome::AlreadyComplete,
        SessionStatus::Expired => ExpireOutcome::AlreadyExpired,
        SessionStatus::Open | SessionStatus::Approved => ExpireOutcome::Expired,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kernel::{Currency, Money, PaymentId};

    use super::*;

    fn order(status: &str, captures: &serde_json::Value) -> OrderObject {
        serde_json::from_value(json!({
            "id": "5O190127TN364715T", "status": status,
            "purchase_units": [{"amount": {"currency_code": "EUR", "value": "90.00"}, "payments": {"captures": captures}}],
            "payment_source": {"paypal": {"email_address": "a@example.com"}},
        }))
        .unwrap()
    }

    #[test]
    fn the_request_carries_our_id_and_asks_for_nothing_else() {
        let payment_id = PaymentId::new();
        let request = SessionRequest {
            payment_id,
            amount: Money::new(9000, Currency::EUR),
            capture: crate::CaptureMode::Automatic,
            methods: crate::MethodKinds::Immediate,
            description: "ü".repeat(200),
            customer_email: Some("ada@example.com".to_owned()),
            success_url: "https://example.com/ok".parse().unwrap(),
            cancel_url: "https://example.com/no".parse().unwrap(),
            requested_at: jiff::Timestamp::UNIX_EPOCH,
            expires_at: None,
            metadata: BTreeMap::new(),
            destination: None,
        };
        let call = serde_json::to_value(order_call(&request).unwrap()).unwrap();
        let unit = &call["purchase_units"][0];
        assert_eq!(unit["amount"], json!({"currency_code": "EUR", "value": "90.00"}));
        assert_eq!((&unit["custom_id"], &unit["invoice_id"]), (&json!(payment_id), &json!(payment_id)));
        assert_eq!(unit["description"].as_str().unwrap().chars().count(), LONGEST_DESCRIPTION);
        let context = &call["payment_source"]["paypal"]["experience_context"];
        assert_eq!(
            (&context["user_action"], &context["shipping_preference"]),
            (&json!("PAY_NOW"), &json!("NO_SHIPPING"))
        );
    }

    #[test]
    fn an_order_is_paid_by_its_capture_and_not_by_its_approval() {
        let capture = |status: &str| json!([{"id": "C1", "status": status, "amount": {"currency_code": "EUR", "value": "90.00"}}]);
        for (status, captures, session, payment) in [
            ("PAYER_ACTION_REQUIRED", json!([]), SessionStatus::Open, PaymentStatus::Unpaid),
            ("APPROVED", json!([]), SessionStatus::Approved, PaymentStatus::Unpaid),
            ("COMPLETED", capture("COMPLETED"), SessionStatus::Complete, PaymentStatus::Succeeded),
            ("COMPLETED", capture("REFUNDED"), SessionStatus::Complete, PaymentStatus::Succeeded),
            ("COMPLETED", capture("PENDING"), SessionStatus::Complete, PaymentStatus::Processing),
            ("APPROVED", capture("DECLINED"), SessionStatus::Approved, PaymentStatus::Failed),
            ("VOIDED", json!([]), SessionStatus::Expired, PaymentStatus::Unpaid),
        ] {
            let state = order_state(&order(status, &captures)).unwrap();
            assert_eq!((state.status, state.payment.status), (session, payment), "{status} {captures}");
            let received = if payment == PaymentStatus::Succeeded { 9000 } else { 0 };
            assert_eq!(state.payment.amount_received.amount, received);
        }
        assert!(order_state(&order("NEW", &json!([]))).is_err());
    }
}
