//! Payouts: held before the provider is asked, and less what the company owes.

use kernel::{CompanyId, PayoutId, TransferId};
use ledger::{
    accounts::AccountCode,
    transfers::{Books, Poster},
};
use serde_json::{Value, json};
use testkit::{CallerToken, TestService};

use crate::support::{draft, euros};

struct Scene {
    service: TestService,
    company_id: CompanyId,
    poster: Poster,
}

impl Scene {
    async fn with(payable: i64) -> Self {
        let service = TestService::start(ledger::service()).await;
        let poster = Poster::start(service.db.clone(), Books::new(service.clock.clone()));
        let scene = Self { service, company_id: CompanyId::new(), poster };
        scene.give(payable).await;
        scene
    }

    /// Moves money into the company's payable account; a negative amount takes it out.
    async fn give(&self, amount: i64) {
        let (provider, payable) = (
            euros(AccountCode::Provider("stripe".parse().unwrap())),
            euros(AccountCode::CompanyPayable(self.company_id)),
        );
        let (debited, credited) = if amount > 0 { (&provider, &payable) } else { (&payable, &provider) };
        self.poster.post(draft(TransferId::new(), debited, credited, amount.abs())).await.unwrap();
    }

    fn payout(&self, amount: i64) -> Value {
        json!({
            "id": PayoutId::new(), "company_id": self.company_id, "provider": "stripe",
            "amount": {"amount": amount, "currency": "EUR"},
        })
    }

    async fn call(&self, path: &str, body: &Value) -> testkit::TestResponse {
        let token = self.service.keys.service_token("billing", "ledger");
        self.service.post(path).bearer(&token).json(body.clone()).send().await
    }

    async fn close(&self, payout: &Value, how: &str) -> testkit::TestResponse {
        self.call(&format!("/internal/payouts/{}/{how}", payout["id"].as_str().unwrap()), &json!({})).await
    }

    /// Payable, held, receivable.
    async fn balance(&self) -> (i64, i64, i64) {
        let owner = self.service.token(&CallerToken::default().owner_of(self.company_id));
        let path = format!("/api/companies/{}/balance", self.company_id);
        let body = self.service.get(&path).bearer(&owner).send().await.expect(200);
        let number = |name: &str| body["balances"][0][name].as_i64().unwrap();
        (number("payable"), number("held"), number("receivable"))
    }
}

#[tokio::test]
async fn a_payout_is_held_then_captured_or_let_go() {
    let scene = Scene::with(10_000).await;
    let mut payout = scene.payout(6_000);
    let person = kernel::UserId::new();
    payout["requested_by"] = json!(person);
    for _ in 0..2 {
        scene.call("/internal/payouts", &payout).await.expect(204);
    }
    assert_eq!(scene.balance().await, (10_000, 6_000, 0));
    scene.call("/internal/payouts", &scene.payout(4_001)).await.expect_problem(409, "insufficient_balance");
    for _ in 0..2 {
        scene.close(&payout, "capture").await.expect(204);
    }
    scene.close(&payout, "void").await.expect_problem(409, "hold_closed");
    assert_eq!(scene.balance().await, (4_000, 0, 0));
    let other = scene.payout(4_000);
    scene.call("/internal/payouts", &other).await.expect(204);
    scene.close(&other, "void").await.expect(204);
    assert_eq!(scene.balance().await, (4_000, 0, 0));
    for _ in 0..2 {
        scene.call("/internal/payout-returns", &payout).await.expect(204);
    }
    assert_eq!(scene.balance().await, (10_000, 0, 0), "it came back");
    // Each was done once, by somebody.
    let admin = scene.service.token(&CallerToken::default().admin());
    let path = format!("/api/admin/ledger/actions?subject={}", payout["id"].as_str().unwrap());
    let trail = scene.service.get(&path).bearer(&admin).send().await.expect(200);
    let trail: Vec<Value> = trail["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row["action"], row["person_id"], row["service"]]))
        .collect();
    let by_billing = |action: &str| json!([action, null, "billing"]);
    assert_eq!(
        trail,
        [by_billing("payout_returned"), by_billing("payout_captured"), json!(["payout_held", person, null])]
    );
    assert_eq!(ledger::verify(&scene.service.db).await.unwrap(), []);
}

#[tokio::test]
async fn a_payout_leaves_the_balance_of_the_provider_that_sends_it_and_comes_back_there() {
    let scene = Scene::with(10_000).await;
    let mut payout = scene.payout(6_000);
    payout["provider"] = json!("paypal");
    let posted = async |code: &str| {
        let admin = scene.service.token(&CallerToken::default().admin());
        let sheet = scene.service.get("/api/admin/ledger/trial-balance").bearer(&admin).send().await.expect(200);
        let account = sheet["accounts"].as_array().unwrap().iter().find(|account| account["code"] == code).cloned();
        account.map_or(0, |account| account["posted"].as_i64().unwrap())
    };
    scene.call("/internal/payouts", &payout).await.expect(204);
    scene.close(&payout, "capture").await.expect(204);
    let both = async || (posted("assets:provider:paypal").await, posted("assets:provider:stripe").await);
    assert_eq!(both().await, (-6_000, 10_000));
    scene.call("/internal/payout-returns", &payout).await.expect(204);
    assert_eq!(both().await, (0, 10_000));
    assert_eq!(ledger::verify(&scene.service.db).await.unwrap(), []);
}

#[tokio::test]
async fn what_a_company_owes_is_set_off_by_its_next_payout() {
    let scene = Scene::with(1_000).await;
    scene.give(-1_500).await;
    assert_eq!(scene.balance().await, (-500, 0, 0));
    scene.call("/internal/payouts", &scene.payout(1)).await.expect_problem(409, "insufficient_balance");
    // A job makes a debt of it, once.
    for _ in 0..2 {
        scene.service.advance_secs(3_600).await;
        assert_eq!(scene.balance().await, (0, 0, 500));
    }
    scene.give(300).await;
    scene.call("/internal/payouts", &scene.payout(1)).await.expect_problem(409, "insufficient_balance");
    scene.give(1_700).await;
    scene.call("/internal/payouts", &scene.payout(1_501)).await.expect_problem(409, "insufficient_balance");
    scene.call("/internal/payouts", &scene.payout(1_500)).await.expect(204);
    assert_eq!(scene.balance().await, (1_500, 1_500, 0));
    assert_eq!(ledger::verify(&scene.service.db).await.unwrap(), []);
}

#[tokio::test]
async fn of_many_payouts_at_once_no_more_leaves_than_there_is() {
    let scene = Scene::with(5_000).await;
    let payouts: Vec<Value> = (0..6).map(|_| scene.payout(1_000)).collect();
    let asked = payouts.iter().map(|payout| scene.call("/internal/payouts", payout));
    let answers = futures_util::future::join_all(asked).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 5);
    assert_eq!(scene.balance().await, (5_000, 5_000, 0));
    scene.call("/internal/payouts", &scene.payout(0)).await.expect_problem(422, "invalid_amount");
    scene.close(&scene.payout(1), "capture").await.expect_problem(404, "not_found");
    let mut wrong = scene.payout(1);
    wrong["provider"] = json!("Stripe:x");
    scene.call("/internal/payouts", &wrong).await.expect_problem(422, "unknown_provider");
}

#[tokio::test]
async fn an_id_stands_for_one_payout_and_only_what_left_comes_back() {
    let scene = Scene::with(10_000).await;
    let payout = scene.payout(6_000);
    scene.call("/internal/payout-returns", &payout).await.expect_problem(409, "payout_not_paid_out");
    scene.call("/internal/payouts", &payout).await.expect(204);
    scene.call("/internal/payout-returns", &payout).await.expect_problem(409, "payout_not_paid_out");
    scene.close(&payout, "capture").await.expect(204);
    for (field, value) in [
        ("amount", json!({"amount": 1_000, "currency": "EUR"})),
        ("provider", json!("square")),
        ("company_id", json!(CompanyId::new())),
    ] {
        let mut other = payout.clone();
        other[field] = value;
        for path in ["/internal/payouts", "/internal/payout-returns"] {
            scene.call(path, &other).await.expect_problem(409, "id_reused");
        }
    }
    assert_eq!(scene.balance().await, (4_000, 0, 0));
    assert_eq!(ledger::verify(&scene.service.db).await.unwrap(), []);
}

#[tokio::test]
async fn what_can_be_paid_out_is_less_what_is_held_and_what_is_owed() {
    let scene = Scene::with(10_000).await;
    let token = scene.service.keys.service_token("billing", "ledger");
    let ask = async |company_id: CompanyId| {
        let path = format!("/internal/companies/{company_id}/payables");
        scene.service.get(&path).bearer(&token).send().await.expect(200)["payables"].clone()
    };
    assert_eq!(ask(scene.company_id).await, json!([{"amount": 10_000, "currency": "EUR"}]));
    scene.call("/internal/payouts", &scene.payout(6_000)).await.expect(204);
    assert_eq!(ask(scene.company_id).await[0]["amount"], 4_000);
    scene.give(-4_500).await;
    assert_eq!(ask(scene.company_id).await[0]["amount"], 0, "never below zero");
    assert_eq!(ask(CompanyId::new()).await, json!([]));
}
