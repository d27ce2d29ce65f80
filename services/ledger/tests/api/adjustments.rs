//! Corrections by hand: two people, a reason, an open period.

use kernel::{AdjustmentId, TransferId};
use ledger::{
    accounts::AccountCode,
    transfers::{Books, Poster},
};
use serde_json::{Value, json};
use testkit::{CallerToken, TestService};

use crate::support::{draft, euros};

const PATH: &str = "/api/admin/ledger/adjustments";

struct Scene {
    service: TestService,
    one: String,
    other: String,
}

impl Scene {
    async fn new() -> Self {
        let service = TestService::start(ledger::service()).await;
        let (one, other) = (CallerToken::default().admin(), CallerToken::default().admin());
        Self { one: service.token(&one), other: service.token(&other), service }
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> testkit::TestResponse {
        self.service.post(path).bearer(token).json(body).send().await
    }

    async fn propose(&self, body: Value) -> Value {
        self.post(PATH, &self.one, body).await.expect(201)
    }

    async fn decide(&self, proposal: &Value, how: &str, token: &str) -> testkit::TestResponse {
        let id = proposal["id"].as_str().unwrap();
        self.post(&format!("{PATH}/{id}/{how}"), token, json!({})).await
    }

    async fn posted(&self, code: &str) -> i64 {
        let sheet = self.service.get("/api/admin/ledger/trial-balance").bearer(&self.one).send().await.expect(200);
        let accounts = sheet["accounts"].as_array().unwrap().clone();
        accounts.iter().find(|account| account["code"] == code).map_or(0, |account| account["posted"].as_i64().unwrap())
    }
}

fn correction() -> Value {
    json!({
        "reason": "The bank kept 5 EUR",
        "legs": [
            {"account": "expense:provider_fees", "currency": "EUR", "debit": 500},
            {"account": "assets:bank", "currency": "EUR", "credit": 500},
        ],
    })
}

#[tokio::test]
async fn a_correction_is_posted_once_a_second_person_approves_it() {
    let scene = Scene::new().await;
    let proposal = scene.propose(correction()).await;
    assert_eq!((&proposal["status"], &proposal["transfer_id"]), (&json!("proposed"), &Value::Null));
    assert_eq!(scene.posted("expense:provider_fees").await, 0);
    scene.decide(&proposal, "approve", &scene.one).await.expect_problem(403, "second_person_required");
    let approved = scene.decide(&proposal, "approve", &scene.other).await.expect(200);
    assert_eq!(approved["status"], "approved");
    assert_eq!(scene.posted("expense:provider_fees").await, 500);
    for how in ["approve", "reject"] {
        scene.decide(&proposal, how, &scene.other).await.expect_problem(409, "adjustment_decided");
    }
    let listed = scene.service.get(PATH).bearer(&scene.one).send().await.expect(200);
    assert_eq!(listed["data"], json!([approved]));
    let subject = proposal["id"].as_str().unwrap();
    let path = format!("/api/admin/ledger/actions?subject={subject}");
    let trail = scene.service.get(&path).bearer(&scene.one).send().await.expect(200);
    let trail: Vec<_> = trail["data"].as_array().unwrap().iter().map(|row| row["action"].clone()).collect();
    assert_eq!(trail, ["adjustment_approved", "adjustment_proposed"]);
}

#[tokio::test]
async fn a_rejected_correction_posts_nothing() {
    let scene = Scene::new().await;
    let proposal = scene.propose(correction()).await;
    scene.decide(&proposal, "reject", &scene.one).await.expect_problem(403, "second_person_required");
    assert_eq!(scene.decide(&proposal, "reject", &scene.other).await.expect(200)["status"], "rejected");
    assert_eq!(scene.posted("expense:provider_fees").await, 0);
}

#[tokio::test]
async fn a_transfer_is_taken_back_as_a_whole_and_once() {
    let scene = Scene::new().await;
    let poster = Poster::start(scene.service.db.clone(), Books::new(scene.service.clock.clone()));
    let id = TransferId::new();
    poster.post(draft(id, &euros(AccountCode::Bank), &euros(AccountCode::Unallocated), 700)).await.unwrap();
    let back = json!({"reverses": id, "reason": "Posted by mistake"});
    let (one, again) = (scene.propose(back.clone()).await, scene.propose(back).await);
    assert_eq!(one["legs"][0], json!({"account": "assets:bank", "currency": "EUR", "debit": 0, "credit": 700}));
    scene.decide(&one, "approve", &scene.other).await.expect(200);
    assert_eq!(scene.posted("assets:bank").await, 0);
    scene.decide(&again, "approve", &scene.other).await.expect_problem(409, "already_reversed");
    let unknown = json!({"reverses": TransferId::new(), "reason": "x"});
    scene.post(PATH, &scene.one, unknown).await.expect_problem(422, "unknown_transfer");
}

#[tokio::test]
async fn what_cannot_be_posted_is_not_proposed() {
    let scene = Scene::new().await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut body = correction();
        change(&mut body);
        body
    };
    for (body, code) in [
        (with(&|body| body["legs"][0]["debit"] = json!(499)), "invalid_transfer"),
        (with(&|body| body["legs"][0]["account"] = json!("assets:mattress")), "unknown_account"),
        (with(&|body| body["legs"][0]["credit"] = json!(1)), "invalid_leg"),
        (with(&|body| body["legs"] = json!([])), "invalid_adjustment"),
        (with(&|body| body["reverses"] = json!(TransferId::new())), "invalid_adjustment"),
        (with(&|body| body["reason"] = json!("  ")), "invalid_reason"),
        (with(&|body| body["reason"] = json!("a\u{0}b")), "invalid_reason"),
        (with(&|body| body["effective_at"] = json!("2999-01-01T00:00:00Z")), "effective_in_future"),
        (with(&|body| body["note"] = json!("x")), "validation_failed"),
    ] {
        scene.post(PATH, &scene.one, body).await.expect_problem(422, code);
    }
    let nobody = format!("{PATH}/{}/approve", AdjustmentId::new());
    scene.post(&nobody, &scene.other, json!({})).await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_closed_period_takes_no_correction_and_stays_closed() {
    let scene = Scene::new().await;
    let periods = "/api/admin/ledger/periods";
    let close = |through: &str| json!({"through": through, "reason": "February is filed"});
    scene.post(periods, &scene.one, close("2999-01-01T00:00:00Z")).await.expect_problem(422, "period_not_over");
    let period = scene.post(periods, &scene.one, close("2027-03-01T00:00:00Z")).await.expect(201);
    scene.post(periods, &scene.one, close("2027-03-01T00:00:00Z")).await.expect_problem(409, "period_closed");
    let listed = scene.service.get(periods).bearer(&scene.one).send().await.expect(200);
    assert_eq!(listed["data"], json!([period]));
    let mut late = correction();
    late["effective_at"] = json!("2027-02-27T00:00:00Z");
    let proposal = scene.propose(late).await;
    scene.decide(&proposal, "approve", &scene.other).await.expect_problem(409, "period_closed");
    assert_eq!(scene.posted("expense:provider_fees").await, 0);
}

#[tokio::test]
async fn only_administrators_correct_and_close() {
    let scene = Scene::new().await;
    let person = scene.service.token(&CallerToken::default());
    let proposal = scene.propose(correction()).await;
    scene.post(PATH, &person, correction()).await.expect_problem(403, "admin_required");
    scene.decide(&proposal, "approve", &person).await.expect_problem(403, "admin_required");
    for path in [PATH, "/api/admin/ledger/actions", "/api/admin/ledger/periods"] {
        scene.service.get(path).bearer(&person).send().await.expect_problem(403, "admin_required");
        scene.service.get(path).send().await.expect_problem(401, "authentication_required");
    }
}
