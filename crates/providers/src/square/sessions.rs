//! Payment links (<https://developer.squareup.com/reference/square/checkout-api>) and their orders.

use serde::Serialize;

use super::{
    client::SquareClient,
    objects::{
        DeletedLink, LinkAnswer, LocationAnswer, MoneyObject, OrderAnswer, OrderObject, PaymentAnswer, PaymentObject,
        unreadable,
    },
};
use crate::{
    Destination, ExpireOutcome, PaymentState, PaymentStatus, ProviderError, Session, SessionRequest, SessionState,
    SessionStatus,
    http::{checked_id, shortened},
};

#[derive(Serialize)]
struct CreateLink {
    idempotency_key: String,
    order: NewOrder,
    checkout_options: CheckoutOptions,
    #[serde(skip_serializing_if = "Option::is_none")]
    pre_populated_data: Option<PrePopulated>,
    /// Carried over to the payment, and our only way to know it again.
    payment_note: String,
}

#[derive(Serialize)]
struct NewOrder {
    location_id: String,
    reference_id: String,
    line_items: [LineItem; 1],
    metadata: std::collections::BTreeMap<String, String>,
}

#[derive(Serialize)]
struct LineItem {
    name: String,
    quantity: &'static str,
    base_price_money: MoneyObject,
}

#[derive(Serialize)]
struct CheckoutOptions {
    redirect_url: String,
    allow_tipping: bool,
    ask_for_shipping_address: bool,
    /// What of a payment on a company's account is ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    app_fee_money: Option<MoneyObject>,
}

#[derive(Serialize)]
struct PrePopulated {
    buyer_email: String,
}

/// Square's limits on the texts.
const LONGEST_NAME: usize = 512;
const LONGEST_NOTE: usize = 500;

/// Where a company sells: the location that Square calls its main one.
pub async fn main_location(client: &SquareClient) -> Result<String, ProviderError> {
    let answer: LocationAnswer = client.get("v2/locations/main").await?;
    Ok(answer.location.id)
}

/// Square takes no fee of nothing.
fn app_fee(destination: &Destination) -> Option<MoneyObject> {
    destination.application_fee.is_positive().then(|| destination.application_fee.into())
}

pub async fn create_session(
    client: &SquareClient,
    location_id: &str,
    request: &SessionRequest,
) -> Result<Session, ProviderError> {
    let answer: LinkAnswer = client.post("v2/online-checkout/payment-links", &link_call(location_id, request)).await?;
    let link = answer.payment_link;
    let order_id = link.order_id.ok_or_else(|| unreadable("a link without an order"))?;
    let url = link.url.ok_or_else(|| unreadable("a link without a page"))?;
    Ok(Session {
        provider_session_id: format!("{}:{order_id}", link.id),
        checkout_url: url.parse().map_err(|_| unreadable("a page without a readable address"))?,
        provider_payment_id: None,
        // A link is open until it is deleted; whoever opened it has to close it.
        expires_at: None,
    })
}

fn link_call(location_id: &str, request: &SessionRequest) -> CreateLink {
    let payment_id = request.payment_id.to_string();
    let room_for_text = LONGEST_NOTE - payment_id.len() - 1;
    CreateLink {
        idempotency_key: format!("session:{payment_id}"),
        order: NewOrder {
            location_id: location_id.to_owned(),
            reference_id: payment_id.clone(),
            line_items: [LineItem {
                name: shortened(&request.description, LONGEST_NAME),
                quantity: "1",
                base_price_money: request.amount.into(),
            }],
            metadata: request.metadata.clone(),
        },
        checkout_options: CheckoutOptions {
            redirect_url: request.success_url.to_string(),
            allow_tipping: false,
            ask_for_shipping_address: false,
            app_fee_money: request.destination.as_ref().and_then(app_fee),
        },
        pre_populated_data: request.customer_email.clone().map(|buyer_email| PrePopulated { buyer_email }),
        payment_note: format!("{} {payment_id}", shortened(&request.description, room_for_text)),
    }
}

pub async fn retrieve_session(client: &SquareClient, id: &str) -> Result<SessionState, ProviderError> {
    let (_, order_id) = split(id)?;
    let order = fetch_order(client, order_id).await?;
    // Only what was paid leaves a tender; declined attempts are told by events alone.
    let mut paid: Option<PaymentObject> = None;
    for tender in &order.tenders {
        let Some(payment_id) = tender.payment_id.as_deref().or(tender.id.as_deref()) else { continue };
        let answer: PaymentAnswer = client.get(&format!("v2/payments/{}", checked_id(payment_id)?)).await?;
        let is_better = answer.payment.state() == Some(PaymentStatus::Succeeded) || paid.is_none();
        if is_better {
            paid = Some(answer.payment);
        }
    }
    state(&order, paid)
}

async fn fetch_order(client: &SquareClient, order_id: &str) -> Result<OrderObject, ProviderError> {
    let answer: OrderAnswer = client.get(&format!("v2/orders/{order_id}")).await?;
    Ok(answer.order)
}

fn state(order: &OrderObject, paid: Option<PaymentObject>) -> Result<SessionState, ProviderError> {
    let total = order.total_money.as_ref().ok_or_else(|| unreadable("an order without a total"))?.readable()?;
    let payment = match paid {
        Some(payment) => payment_state(&payment)?,
        None => PaymentState {
            status: PaymentStatus::Unpaid,
            provider_payment_id: None,
            amount_received: total.currency.zero(),
            method: None,
            failure: None,
        },
    };
    let is_paid = matches!(payment.status, PaymentStatus::Succeeded | PaymentStatus::Processing);
    let status = match order.state.as_deref() {
        _ if is_paid => SessionStatus::Complete,
        Some("CANCELED") => SessionStatus::Expired,
        Some("OPEN" | "DRAFT" | "COMPLETED") => SessionStatus::Open,
        other => return Err(unreadable(&format!("order state {other:?}"))),
    };
    Ok(SessionState { status, payment })
}

fn payment_state(payment: &PaymentObject) -> Result<PaymentState, ProviderError> {
    let status = payment.state().ok_or_else(|| unreadable(&format!("payment status {:?}", payment.status)))?;
    let total = payment.total().ok_or_else(|| unreadable("a payment without an amount"))?;
    let is_received = status == PaymentStatus::Succeeded;
    Ok(PaymentState {
        status,
        provider_payment_id: Some(payment.id.clone()),
        amount_received: if is_received { total } else { total.currency.zero() },
        method: payment.method(),
        failure: (status == PaymentStatus::Failed).then(|| payment.failure()),
    })
}

/// Deleting a link cancels its order, unless somebody has paid it.
pub async fn expire_session(client: &SquareClient, id: &str) -> Result<ExpireOutcome, ProviderError> {
    let (link_id, order_id) = split(id)?;
    let deleted = client.delete::<DeletedLink>(&format!("v2/online-checkout/payment-links/{link_id}")).await;
    match deleted {
        Ok(DeletedLink { cancelled_order_id: Some(_) }) => Ok(ExpireOutcome::Expired),
        Ok(_) | Err(ProviderError::NotFound(_)) => {
            let has_tenders = !fetch_order(client, order_id).await?.tenders.is_empty();
            Ok(if has_tenders { ExpireOutcome::AlreadyComplete } else { ExpireOutcome::AlreadyExpired })
        }
        Err(error) => Err(error),
    }
}

fn split(id: &str) -> Result<(&str, &str), ProviderError> {
    let (link, order) =
        id.split_once(':').ok_or_else(|| ProviderError::NotFound("not a session of Square's".to_owned()))?;
    Ok((checked_id(link)?, checked_id(order)?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use kernel::{Currency, Money, PaymentId};
    use serde_json::json;

    use super::*;

    #[test]
    fn the_request_is_idempotent_by_the_payment_and_carries_it_everywhere() {
        let payment_id = PaymentId::new();
        let request = SessionRequest {
            payment_id,
            amount: Money::new(9000, Currency::EUR),
            capture: crate::CaptureMode::Automatic,
            methods: crate::MethodKinds::Immediate,
            description: "x".repeat(600),
            customer_email: None,
            success_url: "https://example.com/ok".parse().unwrap(),
            cancel_url: "https://example.com/no".parse().unwrap(),
            requested_at: jiff::Timestamp::UNIX_EPOCH,
            expires_at: None,
            metadata: BTreeMap::from([("booking_id".to_owned(), "bkg_x".to_owned())]),
            destination: None,
        };
        let call = serde_json::to_value(link_call("L1", &request)).unwrap();
        assert_eq!(call["idempotency_key"], format!("session:{payment_id}"));
        assert_eq!(call["order"]["reference_id"], payment_id.to_string());
        let note = call["payment_note"].as_str().unwrap();
        assert!(note.ends_with(&format!(" {payment_id}")) && note.len() == LONGEST_NOTE);
        assert_eq!(call["order"]["line_items"][0]["base_price_money"], json!({"amount": 9000, "currency": "EUR"}));
        assert_eq!(call["checkout_options"]["allow_tipping"], false);
        assert!(call["checkout_options"].get("app_fee_money").is_none());
        let settled =
            |fee| Destination { account_id: "ML1".to_owned(), application_fee: Money::new(fee, Currency::EUR) };
        let ours = SessionRequest { destination: Some(settled(900)), ..request.clone() };
        let call = serde_json::to_value(link_call("L2", &ours)).unwrap();
        assert_eq!(call["checkout_options"]["app_fee_money"], json!({"amount": 900, "currency": "EUR"}));
        let free = SessionRequest { destination: Some(settled(0)), ..request };
        let call = serde_json::to_value(link_call("L2", &free)).unwrap();
        assert!(call["checkout_options"].get("app_fee_money").is_none());
    }

    #[test]
    fn money_counts_whatever_the_order_says() {
        let order = |state: &str| {
            serde_json::from_value::<OrderObject>(json!({
                "state": state, "total_money": {"amount": 9000, "currency": "EUR"}, "tenders": [],
            }))
            .unwrap()
        };
        let payment = |status: &str| {
            serde_json::from_value::<PaymentObject>(json!({
                "id": "p1", "status": status, "amount_money": {"amount": 9000, "currency": "EUR"},
            }))
            .unwrap()
        };
        for (order_state, paid, session, money) in [
            ("OPEN", None, SessionStatus::Open, PaymentStatus::Unpaid),
            ("CANCELED", None, SessionStatus::Expired, PaymentStatus::Unpaid),
            ("CANCELED", Some("COMPLETED"), SessionStatus::Complete, PaymentStatus::Succeeded),
            ("OPEN", Some("APPROVED"), SessionStatus::Complete, PaymentStatus::Processing),
            ("OPEN", Some("FAILED"), SessionStatus::Open, PaymentStatus::Failed),
        ] {
            let state = state(&order(order_state), paid.map(payment)).unwrap();
            assert_eq!((state.status, state.payment.status), (session, money), "{order_state} {paid:?}");
            let received = if money == PaymentStatus::Succeeded { 9000 } else { 0 };
            assert_eq!(state.payment.amount_received.amount, received);
        }
        assert!(super::state(&order("NEW"), None).is_err());
    }

    #[test]
    fn a_session_is_a_link_and_an_order() {
        assert_eq!(split("LINK:ORDER"), Ok(("LINK", "ORDER")));
        for bad in ["LINK", "LINK:", ":ORDER", "a/b:c", ""] {
            assert!(split(bad).is_err(), "{bad}");
        }
    }
}
