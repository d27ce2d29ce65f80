//! The replies of the Square and PayPal APIs beside the providers' published OpenAPI documents.
//!
//! The documents are not part of the repository: without `../shared/specs` beside it the checks are skipped.

use std::path::PathBuf;

use kernel::{Currency, Money, RefundId};
use providers::{ProviderName, RefundRequest};
use serde_json::{Value, json};

use crate::{
    harness::{NO_FUNDS, SUCCESS, TestSandbox},
    paypal_payouts::with_balance,
};

/// A published document, if its folder is there.
fn document(name: &str) -> Option<Document> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs").join(name);
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: ../shared/specs/{name} is not there");
        return None;
    };
    Some(Document(serde_json::from_str(&text).unwrap()))
}

struct Document(Value);

/// What of a schema our replies can break: fields that are not in it, types, enumerations, lengths and patterns of the
/// simplest kind. A field that is required and absent counts too.
impl Document {
    fn check(&self, schema: &str, reply: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        let schema = self.0["components"]["schemas"][schema].clone();
        assert!(schema.is_object(), "the document has such a schema");
        self.compare(&schema, reply, "", &mut wrong);
        wrong
    }

    fn compare(&self, schema: &Value, value: &Value, place: &str, wrong: &mut Vec<String>) {
        let schema = self.flattened(schema);
        if value.is_null() {
            if schema["nullable"] != json!(true) {
                wrong.push(format!("{place} is null"));
            }
            return;
        }
        match (schema["type"].as_str(), value) {
            (Some("object") | None, Value::Object(fields)) => self.compare_object(&schema, fields, place, wrong),
            (Some("array"), Value::Array(items)) => {
                for (number, item) in items.iter().enumerate() {
                    self.compare(&schema["items"], item, &format!("{place}[{number}]"), wrong);
                }
            }
            (Some("string"), Value::String(text)) => compare_text(&schema, text, place, wrong),
            (Some("integer"), Value::Number(number)) if number.is_i64() => {}
            (Some("number"), Value::Number(_)) | (Some("boolean"), Value::Bool(_)) => {}
            (None, Value::String(text)) => compare_text(&schema, text, place, wrong),
            (wanted, found) => wrong.push(format!("{place} should be {wanted:?} and is {found}")),
        }
    }

    fn compare_object(
        &self,
        schema: &Value,
        fields: &serde_json::Map<String, Value>,
        place: &str,
        wrong: &mut Vec<String>,
    ) {
        let Some(known) = schema["properties"].as_object() else { return };
        for (name, value) in fields {
            match known.get(name) {
                Some(field) => self.compare(field, value, &format!("{place}.{name}"), wrong),
                None => wrong.push(format!("{place}.{name} is not in the document")),
            }
        }
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                wrong.push(format!("{place}.{name} is missing"));
            }
        }
    }

    /// A schema with its references followed and its parts put together.
    fn flattened(&self, schema: &Value) -> Value {
        let mut whole = json!({"properties": {}, "required": []});
        self.merge(schema, &mut whole);
        if whole["properties"] == json!({}) {
            whole.as_object_mut().unwrap().remove("properties");
        }
        whole
    }

    fn merge(&self, schema: &Value, whole: &mut Value) {
        if let Some(reference) = schema["$ref"].as_str() {
            let pointer = reference.trim_start_matches('#');
            self.merge(&self.0.pointer(pointer).cloned().unwrap_or_default(), whole);
        }
        for part in ["allOf", "oneOf", "anyOf"].iter().flat_map(|kind| schema[*kind].as_array().cloned()).flatten() {
            self.merge(&part, whole);
        }
        for (key, value) in schema.as_object().into_iter().flatten() {
            match (key.as_str(), value) {
                ("properties", Value::Object(fields)) => {
                    whole["properties"].as_object_mut().unwrap().extend(fields.clone());
                }
                ("required", Value::Array(names)) => whole["required"].as_array_mut().unwrap().extend(names.clone()),
                ("type" | "nullable" | "items" | "enum" | "maxLength", value) => whole[key.as_str()] = value.clone(),
                _ => {}
            }
        }
    }
}

fn compare_text(schema: &Value, text: &str, place: &str, wrong: &mut Vec<String>) {
    if schema["enum"].as_array().is_some_and(|known| !known.contains(&json!(text))) {
        wrong.push(format!("{place} has no value `{text}`"));
    }
    if schema["maxLength"].as_u64().is_some_and(|longest| text.chars().count() as u64 > longest) {
        wrong.push(format!("{place} is too long: {text}"));
    }
}

fn assert_published(document: &Document, replies: Vec<(&str, Value)>) {
    let wrong: Vec<String> = replies
        .into_iter()
        .flat_map(|(schema, reply)| document.check(schema, &reply).into_iter().map(move |why| format!("{schema}{why}")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_of_square_are_as_published() {
    let Some(document) = document("square-openapi.json") else { return };
    let sandbox = TestSandbox::start().await;
    let get = async |path: String| sandbox.get(&path).bearer("EAAAtest").send().await;
    let (payment_id, session) = sandbox.session_at(ProviderName::Square).await;
    let id = &session.provider_session_id;
    let (link, order) = id.split_once(':').unwrap();
    let order_path = format!("/square/v2/orders/{order}");
    let mut replies = vec![
        (
            "RetrievePaymentLinkResponse",
            get(format!("/square/v2/online-checkout/payment-links/{link}")).await.expect(200),
        ),
        ("RetrieveOrderResponse", get(order_path.clone()).await.expect(200)),
        ("ListLocationsResponse", get("/square/v2/locations".to_owned()).await.expect(200)),
        ("GetPaymentResponse", get("/square/v2/payments/unknown".to_owned()).await.expect(404)),
    ];
    sandbox.complete(id, NO_FUNDS, json!({})).await;
    sandbox.complete(id, SUCCESS, json!({})).await;
    let paid = get(order_path.clone()).await.expect(200);
    let payment = paid["order"]["tenders"][0]["payment_id"].as_str().unwrap().to_owned();
    replies.push(("RetrieveOrderResponse", paid));
    let request = RefundRequest {
        refund_id: RefundId::new(),
        payment_id,
        provider_payment_id: payment.clone(),
        amount: Money::new(10, Currency::EUR),
        reason: None,
        application_fee: None,
    };
    let refund = sandbox.provider(ProviderName::Square).refund(request).await.unwrap();
    replies.push(("GetPaymentResponse", get(format!("/square/v2/payments/{payment}")).await.expect(200)));
    let refund_path = format!("/square/v2/refunds/{}", refund.provider_refund_id);
    replies.push(("GetPaymentRefundResponse", get(refund_path).await.expect(200)));
    sandbox.advance(2 * 86_400).await;
    let begin = sandbox.platform.clock.now() - jiff::SignedDuration::from_hours(72);
    let payouts = get(format!("/square/v2/payouts?begin_time={begin}&limit=1")).await.expect(200);
    let payout = payouts["payouts"][0]["id"].as_str().unwrap().to_owned();
    replies.push(("ListPayoutsResponse", payouts));
    let entries = get(format!("/square/v2/payouts/{payout}/payout-entries")).await.expect(200);
    replies.push(("ListPayoutEntriesResponse", entries));
    assert_published(&document, replies);
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_about_disputes_of_paypal_are_as_published() {
    let Some(disputes) = document("paypal_customer_disputes_v1.json") else { return };
    let sandbox = TestSandbox::start().await;
    let (payment_id, session) = sandbox.session_at(ProviderName::Paypal).await;
    sandbox.complete(&session.provider_session_id, "4000000000000259", json!({})).await;
    sandbox.provider(ProviderName::Paypal).complete_session(&session.provider_session_id).await.unwrap();
    let get = async |path: String| sandbox.get(&path).bearer("A21AAtest").send().await.expect(200);
    let path = "/paypal/v1/customer/disputes".to_owned();
    let mut replies = vec![("dispute_search", get(path.clone()).await)];
    let id = replies[0].1["items"][0]["dispute_id"].as_str().unwrap().to_owned();
    replies.push(("dispute", get(format!("{path}/{id}")).await));
    let decide = sandbox.post(&format!("/sandbox/disputes/{payment_id}/decide")).json(json!({"outcome": "won"}));
    assert_eq!(decide.send().await.status.as_u16(), 204);
    replies.push(("dispute_search", get(path.clone()).await));
    replies.push(("dispute", get(format!("{path}/{id}")).await));
    assert_published(&disputes, replies);
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_about_payouts_of_paypal_are_as_published() {
    let Some(payouts) = document("paypal_payments_payouts_batch_v1.json") else { return };
    let sandbox = TestSandbox::start().await;
    with_balance(&sandbox).await;
    let path = "/paypal/v1/payments/payouts";
    let get = async |path: String| sandbox.get(&path).bearer("A21AAtest").send().await.expect(200);
    let post = async |body: Value| sandbox.post(path).bearer("A21AAtest").json(body).send().await;
    let batch = |id: &str, receiver: &str, value: &str| {
        let amount = json!({"currency": "EUR", "value": value});
        let item = json!({"recipient_type": "EMAIL", "amount": amount, "receiver": receiver, "sender_item_id": id});
        json!({"sender_batch_header": {"sender_batch_id": id, "email_subject": "Paid"}, "items": [item]})
    };
    let mut replies = Vec::new();
    let mut batches = Vec::new();
    for receiver in ["studio@example.com", "unclaimed@example.com", "fails@example.com"] {
        let accepted = post(batch(receiver, receiver, "10.00")).await.expect(201);
        let id = accepted["batch_header"]["payout_batch_id"].as_str().unwrap().to_owned();
        replies.push(("payout", accepted));
        replies.push(("payout_batch", get(format!("{path}/{id}")).await));
        batches.push(id);
    }
    sandbox.advance(60).await;
    for id in batches {
        let batch = get(format!("{path}/{id}")).await;
        let item = batch["items"][0]["payout_item_id"].as_str().unwrap().to_owned();
        replies.push(("payout_batch", batch));
        replies.push(("payout_item-2", get(format!("/paypal/v1/payments/payouts-item/{item}")).await));
        let cancel = sandbox.post(&format!("/paypal/v1/payments/payouts-item/{item}/cancel")).bearer("A21AAtest");
        let cancelled = cancel.send().await;
        let schema = if cancelled.status.is_success() { "payout_item-2" } else { "error" };
        replies.push((schema, cancelled.json()));
    }
    replies.push(("error", post(batch("1", "nobody", "1.00")).await.expect(400)));
    replies.push(("error", post(batch("1", "studio@example.com", "900.00")).await.expect(422)));
    replies.push(("error", sandbox.get(&format!("{path}/X")).bearer("A21AAtest").send().await.expect(404)));
    assert_published(&payouts, replies);
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_of_paypal_are_as_published() {
    let (Some(orders), Some(payments), Some(reporting)) = (
        document("paypal_checkout_orders_v2.json"),
        document("paypal_payments_payment_v2.json"),
        document("paypal_reporting_transactions_v1.json"),
    ) else {
        return;
    };
    let sandbox = TestSandbox::start().await;
    let get = async |path: String| sandbox.get(&path).bearer("A21AAtest").send().await.expect(200);
    let paypal = sandbox.provider(ProviderName::Paypal);
    let (payment_id, session) = sandbox.session_at(ProviderName::Paypal).await;
    let id = &session.provider_session_id;
    let order_path = format!("/paypal/v2/checkout/orders/{id}");
    let mut replies = vec![("order", get(order_path.clone()).await)];
    sandbox.complete(id, SUCCESS, json!({})).await;
    replies.push(("order", get(order_path.clone()).await));
    let capture = paypal.complete_session(id).await.unwrap().payment.provider_payment_id.unwrap();
    replies.push(("order", get(order_path.clone()).await));
    let request = RefundRequest {
        refund_id: RefundId::new(),
        payment_id,
        provider_payment_id: capture.clone(),
        amount: Money::new(10, Currency::EUR),
        reason: None,
        application_fee: None,
    };
    let refund = paypal.refund(request).await.unwrap();
    replies.push(("order", get(order_path).await));
    assert_published(&orders, replies);
    let replies = vec![
        ("capture-2", get(format!("/paypal/v2/payments/captures/{capture}")).await),
        ("refund", get(format!("/paypal/v2/payments/refunds/{}", refund.provider_refund_id)).await),
    ];
    assert_published(&payments, replies);
    let now = sandbox.platform.clock.now();
    let hour = jiff::SignedDuration::from_hours(1);
    let path = format!("/paypal/v1/reporting/transactions?start_date={:.0}&end_date={:.0}", now - hour, now + hour);
    assert_published(&reporting, vec![("search_response", get(path).await)]);
}
