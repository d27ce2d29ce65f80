//! Money of the platform that was converted.

use serde_json::{Value, json};
use testkit::{CallerToken, TestService};

const PATH: &str = "/api/admin/ledger/exchanges";

fn exchange() -> Value {
    json!({
        "reference": "FX 2027/17", "exchanged_at": "2027-01-15T10:00:00Z",
        "from": {"account": "assets:provider:stripe", "amount": {"amount": 10_000, "currency": "EUR"}},
        "to": {"account": "assets:bank", "amount": {"amount": 16_000, "currency": "JPY"}},
    })
}

#[tokio::test]
async fn a_conversion_is_recorded_once_and_each_currency_balances() {
    let service = TestService::start(ledger::service()).await;
    let admin = service.token(&CallerToken::default().admin());
    let record = async |body: Value| service.post(PATH).bearer(&admin).json(body).send().await;
    let recorded = record(exchange()).await.expect(201);
    assert_eq!(record(exchange()).await.expect(201), recorded, "the same again");
    let mut other = exchange();
    other["to"]["amount"]["amount"] = json!(16_001);
    record(other).await.expect_problem(409, "transfer_id_reused");
    let sheet = service.get("/api/admin/ledger/trial-balance").bearer(&admin).send().await.expect(200);
    assert!(sheet["currencies"].as_array().unwrap().iter().all(|total| total["difference"] == 0), "{sheet}");
    let balances: Vec<(&str, i64)> = sheet["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|account| (account["code"].as_str().unwrap(), account["posted"].as_i64().unwrap()))
        .collect();
    for expected in [
        ("assets:provider:stripe", -10_000),
        ("assets:position", 10_000),
        ("assets:bank", 16_000),
        ("assets:position", -16_000),
    ] {
        assert!(balances.contains(&expected), "{expected:?} in {balances:?}");
    }
    let path = format!("/api/admin/ledger/actions?subject={}", recorded["transfer_id"].as_str().unwrap());
    let trail = service.get(&path).bearer(&admin).send().await.expect(200);
    let actions: Vec<&Value> = trail["data"].as_array().unwrap().iter().map(|row| &row["action"]).collect();
    assert_eq!(actions, ["exchange_recorded"], "told of once");
    assert_eq!(ledger::verify(&service.db).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_no_conversion_is_refused_and_only_administrators_record_one() {
    let service = TestService::start(ledger::service()).await;
    let admin = service.token(&CallerToken::default().admin());
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = exchange();
        change(&mut body);
        body
    };
    for (body, code) in [
        (with(&|body| body["reference"] = json!("")), "invalid_reference"),
        (with(&|body| body["reference"] = json!("x".repeat(101))), "invalid_reference"),
        (with(&|body| body["from"]["account"] = json!("liabilities:unallocated")), "unknown_account"),
        (with(&|body| body["to"]["account"] = json!("assets:mattress")), "unknown_account"),
        (with(&|body| body["from"]["amount"]["amount"] = json!(0)), "invalid_amount"),
        (with(&|body| body["to"]["amount"]["currency"] = json!("EUR")), "same_currency"),
        (with(&|body| body["exchanged_at"] = json!("2999-01-01T00:00:00Z")), "effective_in_future"),
        (with(&|body| body["note"] = json!("x")), "validation_failed"),
    ] {
        service.post(PATH).bearer(&admin).json(body).send().await.expect_problem(422, code);
    }
    let period = json!({"through": "2027-02-01T00:00:00Z", "reason": "January is filed"});
    service.post("/api/admin/ledger/periods").bearer(&admin).json(period).send().await.expect(201);
    service.post(PATH).bearer(&admin).json(exchange()).send().await.expect_problem(409, "period_closed");
    let person = service.token(&CallerToken::default());
    service.post(PATH).bearer(&person).json(exchange()).send().await.expect_problem(403, "admin_required");
    service.post(PATH).json(exchange()).send().await.expect_problem(401, "authentication_required");
}
