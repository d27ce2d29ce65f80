//! Our objects beside Stripe's published fixtures: the same fields with the same types.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::harness::{AUTHENTICATION, NO_FUNDS, SUCCESS, TestSandbox};

/// The folder is not part of the repository.
fn fixtures() -> Option<Value> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs/stripe-fixtures.json");
    let text = std::fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_have_the_fields_and_types_of_stripes_own() {
    let Some(fixtures) = fixtures() else {
        eprintln!("skipped: ../shared/specs/stripe-fixtures.json is not there");
        return;
    };
    let sandbox = TestSandbox::start().await;
    let mut wrong = Vec::new();
    let payments = objects(&sandbox).await.into_iter().chain(saved_objects(&sandbox).await);
    let payments = payments.chain(held_objects(&sandbox).await).chain(elements_objects(&sandbox).await);
    let payments = payments.chain(debit_objects(&sandbox).await);
    for object in payments.chain(connect_objects(&sandbox).await) {
        let kind = object["object"].as_str().unwrap().to_owned();
        compare(&fixtures["resources"][&kind], &object, &kind, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each object in each of its states.
async fn objects(sandbox: &TestSandbox) -> Vec<Value> {
    let (_, session) = sandbox.session().await;
    let id = &session.provider_session_id;
    let path = format!("/stripe/v1/checkout/sessions/{id}?expand[]=payment_intent.latest_charge");
    let get = async |path: &str| sandbox.get(path).bearer("sk_test_1").send().await.expect(200);
    let mut seen = vec![get(&path).await];
    for card in [NO_FUNDS, AUTHENTICATION, SUCCESS] {
        sandbox.complete(id, card, json!({})).await;
        let session = get(&path).await;
        seen.push(session["payment_intent"].clone());
        seen.push(session["payment_intent"]["latest_charge"].clone());
        seen.push(session);
    }
    let intent = seen[1]["id"].as_str().unwrap();
    let refund = sandbox.form("/stripe/v1/refunds", &format!("payment_intent={intent}&amount=10")).bearer("sk_test_1");
    seen.push(refund.send().await.expect(200));
    seen
}

/// Of somebody who saves a card.
async fn saved_objects(sandbox: &TestSandbox) -> Vec<Value> {
    let post = async |path: &str, body: &str| sandbox.form(path, body).bearer("sk_test_1").send().await.expect(200);
    let customer = post("/stripe/v1/customers", "email=site@stripe.com").await;
    let page = format!("mode=setup&currency=eur&success_url=http://a.b/&customer={}", customer["id"].as_str().unwrap());
    let session = post("/stripe/v1/checkout/sessions", &page).await;
    let id = session["id"].as_str().unwrap();
    sandbox.complete(id, SUCCESS, json!({})).await;
    let path = format!("/stripe/v1/checkout/sessions/{id}?expand[]=setup_intent.payment_method");
    let given = sandbox.get(&path).bearer("sk_test_1").send().await.expect(200);
    let portal = format!("customer={}&return_url=http://a.b/", customer["id"].as_str().unwrap());
    let portal = post("/stripe/v1/billing_portal/sessions", &portal).await;
    vec![
        portal,
        customer,
        session,
        given["setup_intent"]["payment_method"].clone(),
        given["setup_intent"].clone(),
        given,
    ]
}

/// Of a payment that a browser confirms, before, declined, at the bank and paid.
async fn elements_objects(sandbox: &TestSandbox) -> Vec<Value> {
    let form = "amount=100&currency=eur&automatic_payment_methods[enabled]=true";
    let intent = sandbox.form("/stripe/v1/payment_intents", form).bearer("sk_test_1").send().await.expect(200);
    let (id, secret) = (intent["id"].as_str().unwrap(), intent["client_secret"].as_str().unwrap());
    let path = format!("/stripe/v1/payment_intents/{id}");
    let mut seen = vec![intent.clone()];
    for card in [NO_FUNDS, AUTHENTICATION, SUCCESS] {
        let form = format!(
            "key=pk_test_1&client_secret={secret}&payment_method_data[type]=card&payment_method_data[card][number]={card}"
        );
        sandbox.form(&format!("{path}/confirm"), &form).send().await;
        seen.push(sandbox.get(&path).bearer("sk_test_1").send().await.expect(200));
    }
    seen
}

/// Of a debit on its way, and failed.
async fn debit_objects(sandbox: &TestSandbox) -> Vec<Value> {
    let form =
        "amount=100&currency=eur&automatic_payment_methods[enabled]=true&excluded_payment_method_types[0]=konbini";
    let intent = sandbox.form("/stripe/v1/payment_intents", form).bearer("sk_test_1").send().await.expect(200);
    let (id, secret) = (intent["id"].as_str().unwrap(), intent["client_secret"].as_str().unwrap());
    let path = format!("/stripe/v1/payment_intents/{id}");
    let form = format!(
        "key=pk_test_1&client_secret={secret}&payment_method_data[type]=sepa_debit\
         &payment_method_data[sepa_debit][iban]=DE62370400440532013001"
    );
    sandbox.form(&format!("{path}/confirm"), &form).send().await.expect(200);
    let on_its_way = sandbox.get(&path).bearer("sk_test_1").send().await.expect(200);
    sandbox.advance(5 * 24 * 3_600 + 60).await;
    vec![intent, on_its_way, sandbox.get(&path).bearer("sk_test_1").send().await.expect(200)]
}

/// Of money that is held, then captured in part; and of what is given up.
async fn held_objects(sandbox: &TestSandbox) -> Vec<Value> {
    let post = async |path: &str, body: &str| sandbox.form(path, body).bearer("sk_test_1").send().await.expect(200);
    let mut seen = Vec::new();
    for (end, body) in [("capture", "amount_to_capture=30"), ("cancel", "")] {
        let page = "mode=payment&success_url=http://a.b/&payment_intent_data[capture_method]=manual&line_items[0][quantity]=1\
            &line_items[0][price_data][currency]=eur&line_items[0][price_data][unit_amount]=100\
            &line_items[0][price_data][product_data][name]=Deposit";
        let session = post("/stripe/v1/checkout/sessions", page).await;
        let id = session["id"].as_str().unwrap();
        sandbox.complete(id, SUCCESS, json!({})).await;
        let path = format!("/stripe/v1/checkout/sessions/{id}?expand[]=payment_intent.latest_charge");
        let held = sandbox.get(&path).bearer("sk_test_1").send().await.expect(200);
        let intent = held["payment_intent"].clone();
        let ended = format!("/stripe/v1/payment_intents/{}/{end}", intent["id"].as_str().unwrap());
        let expand = if body.is_empty() {
            "expand[]=latest_charge".to_owned()
        } else {
            format!("{body}&expand[]=latest_charge")
        };
        let ended = post(&ended, &expand).await;
        seen.extend([held, intent["latest_charge"].clone(), intent, ended["latest_charge"].clone(), ended]);
    }
    seen
}

/// Of an account before and after onboarding, and of what goes through it.
async fn connect_objects(sandbox: &TestSandbox) -> Vec<Value> {
    let post = async |path: &str, body: &str, account: &str| {
        let request = sandbox.form(path, body).bearer("sk_test_1").header("stripe-account", account);
        request.send().await.expect(200)
    };
    let account = "country=DE&settings[payouts][schedule][interval]=manual&email=site@stripe.com";
    let account = post("/stripe/v1/accounts", account, "").await;
    let id = account["id"].as_str().unwrap();
    let link = format!("account={id}&type=account_onboarding&return_url=http://a.b/&refresh_url=http://a.b/");
    let link = post("/stripe/v1/account_links", &link, "").await;
    sandbox.post(&format!("/sandbox/accounts/{id}/onboard")).json(json!({})).send().await;
    let get =
        async |path: &str| sandbox.get(path).bearer("sk_test_1").header("stripe-account", id).send().await.expect(200);
    let transfer = format!("amount=500&currency=eur&destination={id}");
    let transfer = post("/stripe/v1/transfers", &transfer, "").await;
    let reversals = format!("/stripe/v1/transfers/{}/reversals", transfer["id"].as_str().unwrap());
    let payout = post("/stripe/v1/payouts", "amount=100&currency=eur", id).await;
    let other = post("/stripe/v1/transfers", &format!("amount=300&currency=eur&destination={id}"), "").await;
    let balance = get("/stripe/v1/balance").await;
    let reversal = post(&reversals, "", "").await;
    let now = get(&format!("/stripe/v1/accounts/{id}")).await;
    vec![account, link, now, transfer, other, payout, balance, reversal]
}

/// Every field of theirs is ours, with the same type; null says nothing about a type. Maps of free keys and the errors
/// of attempts are not compared below their first level.
fn compare(theirs: &Value, ours: &Value, place: &str, wrong: &mut Vec<String>) {
    match (theirs, ours) {
        (Value::Null, _) | (_, Value::Null) => {}
        (Value::Object(theirs), Value::Object(ours)) => {
            for (key, value) in theirs {
                match ours.get(key) {
                    // A list of refunds comes only when it is asked for.
                    None if place == "charge" && key == "refunds" => {}
                    None => wrong.push(format!("{place}.{key} is missing")),
                    Some(_)
                        if key == "metadata"
                            || key == "last_payment_error"
                            || key == "payment_intent"
                            || key == "latest_charge" => {}
                    Some(own) => compare(value, own, &format!("{place}.{key}"), wrong),
                }
            }
        }
        (Value::Array(theirs), Value::Array(ours)) => {
            if let (Some(theirs), Some(ours)) = (theirs.first(), ours.first()) {
                compare(theirs, ours, &format!("{place}[]"), wrong);
            }
        }
        _ if kind(theirs) == kind(ours) => {}
        _ => wrong.push(format!("{place} is {} and should be {}", kind(ours), kind(theirs))),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
