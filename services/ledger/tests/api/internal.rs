//! How other services post by themselves.

use kernel::{TransferId, UserId};
use ledger::accounts::AccountCode;
use serde_json::{Value, json};
use testkit::TestService;

struct Scene {
    service: TestService,
    wallet: String,
}

impl Scene {
    async fn new() -> Self {
        let wallet = AccountCode::CustomerWallet(UserId::new()).to_string();
        Self { service: TestService::start(ledger::service()).await, wallet }
    }

    async fn post(&self, mode: &str, transfers: &[Value]) -> testkit::TestResponse {
        let token = self.service.keys.service_token("billing", "ledger");
        let body = json!({"mode": mode, "transfers": transfers});
        self.service.post("/internal/transfers").bearer(&token).json(body).send().await
    }

    fn transfer(&self, action: Value) -> Value {
        json!({
            "id": TransferId::new(), "kind": "wallet_topped_up", "source": "pay_1",
            "effective_at": "2027-03-01T08:00:00Z", "action": action,
        })
    }

    /// Into the wallet, or out of it.
    fn legs(&self, into: i64, out: i64) -> Value {
        json!([
            {"account": "liabilities:unallocated", "currency": "EUR", "debit": into, "credit": out},
            {"account": self.wallet, "currency": "EUR", "debit": out, "credit": into},
        ])
    }

    fn top_up(&self, amount: i64) -> Value {
        self.transfer(json!({"type": "post", "legs": self.legs(amount, 0)}))
    }

    fn take(&self, amount: i64) -> Value {
        self.transfer(json!({"type": "post", "legs": self.legs(0, amount)}))
    }

    async fn state(&self, id: &Value) -> Value {
        let token = self.service.keys.service_token("billing", "ledger");
        let path = format!("/internal/transfers/{}", id.as_str().unwrap());
        self.service.get(&path).bearer(&token).send().await.expect(200)
    }
}

#[tokio::test]
async fn billing_sees_what_was_posted_about_things_and_nothing_else() {
    let scene = Scene::new().await;
    scene.post("whole", &[scene.top_up(100), scene.take(40)]).await.expect(200);
    let path = "/internal/transfers/about";
    let ask = async |caller: &str, subjects: Value| {
        let token = scene.service.keys.service_token(caller, "ledger");
        scene.service.post(path).bearer(&token).json(json!({"subjects": subjects})).send().await
    };
    let found = ask("billing", json!(["pay_1", "pay_2"])).await.expect(200);
    let amounts: Vec<&Value> =
        found["transfers"].as_array().unwrap().iter().map(|transfer| &transfer["entries"][0]["debit"]).collect();
    assert_eq!((amounts, &found["actions"]), (vec![&json!(0), &json!(100)], &json!([])), "newest first");
    assert_eq!(ask("billing", json!(["pay_2"])).await.expect(200)["transfers"], json!([]));
    assert_eq!(ask("booking", json!(["pay_1"])).await.status.as_u16(), 403);
    for subjects in [json!([]), json!([""]), json!(["a\u{0}"]), json!(vec!["x"; 501]), json!(["x".repeat(101)])] {
        ask("billing", subjects).await.expect_problem(422, "invalid_subjects");
    }
}

#[tokio::test]
async fn each_transfer_of_a_batch_has_its_outcome() {
    let scene = Scene::new().await;
    let batch = [scene.top_up(100), scene.take(101), scene.take(40)];
    let answer = scene.post("each", &batch).await.expect(200);
    let refused: Vec<Value> =
        answer["outcomes"].as_array().unwrap().iter().map(|outcome| outcome["refused"].clone()).collect();
    assert_eq!(refused, [Value::Null, json!("insufficient_funds"), Value::Null]);
    assert_eq!(scene.post("each", &batch).await.expect(200), answer, "the same again");
}

#[tokio::test]
async fn a_whole_batch_is_posted_or_refused() {
    let scene = Scene::new().await;
    scene.post("whole", &[scene.top_up(100), scene.take(101)]).await.expect_problem(409, "insufficient_funds");
    scene.post("whole", &[scene.take(1)]).await.expect_problem(409, "insufficient_funds");
    let batch = [scene.top_up(100), scene.take(100)];
    scene.post("whole", &batch).await.expect(200);
    let mut other = batch[0].clone();
    other["source"] = json!("pay_2");
    scene.post("whole", &[other]).await.expect_problem(409, "transfer_id_reused");
}

#[tokio::test]
async fn a_hold_is_placed_captured_and_looked_at() {
    let scene = Scene::new().await;
    let hold = scene.transfer(json!({"type": "hold", "legs": scene.legs(0, 80)}));
    scene.post("whole", &[scene.top_up(100), hold.clone()]).await.expect(200);
    let open = scene.state(&hold["id"]).await;
    assert_eq!((&open["phase"], &open["closed_as"]), (&json!("held"), &Value::Null));
    scene.post("whole", &[scene.take(21)]).await.expect_problem(409, "insufficient_funds");
    let capture = scene.transfer(json!({"type": "capture", "hold_id": hold["id"], "legs": scene.legs(0, 50)}));
    scene.post("whole", std::slice::from_ref(&capture)).await.expect(200);
    let closed = scene.state(&hold["id"]).await;
    assert_eq!((&closed["closed_as"], &closed["closed_by"]), (&json!("captured"), &capture["id"]));
    let void = scene.transfer(json!({"type": "void", "hold_id": hold["id"]}));
    scene.post("whole", &[void]).await.expect_problem(409, "hold_closed");
    scene.post("whole", &[scene.take(50)]).await.expect(200);
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_with_its_place() {
    let scene = Scene::new().await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut transfer = scene.top_up(5);
        change(&mut transfer);
        transfer
    };
    for (bad, code) in [
        (with(&|transfer| transfer["kind"] = json!("gift")), "validation_failed"),
        (with(&|transfer| transfer["source"] = json!("")), "validation_failed"),
        (with(&|transfer| transfer["action"]["legs"][0]["debit"] = json!(0)), "validation_failed"),
        (with(&|transfer| transfer["action"]["legs"][0]["debit"] = json!(6)), "invalid_transfer"),
        (with(&|transfer| transfer["action"]["legs"][0]["account"] = json!("x")), "validation_failed"),
        (with(&|transfer| transfer["action"]["type"] = json!("burn")), "validation_failed"),
        (with(&|transfer| transfer["action"]["hold_id"] = json!(TransferId::new())), "validation_failed"),
        (with(&|transfer| transfer["x"] = json!(1)), "validation_failed"),
    ] {
        scene.post("each", &[bad]).await.expect_problem(422, code);
    }
    scene.post("each", &[]).await.expect_problem(422, "invalid_batch");
    let messaging = scene.service.keys.service_token("messaging", "ledger");
    let body = json!({"mode": "each", "transfers": [scene.top_up(1)]});
    let refused = scene.service.post("/internal/transfers").bearer(&messaging).json(body).send().await;
    refused.expect_problem(403, "service_not_allowed");
}
