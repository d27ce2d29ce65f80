//! Credits: granted once, spent soonest-to-expire first, gone when their time is over.

use jiff::{SignedDuration, Timestamp};
use kernel::{CreditGrantId, TransferId, UserId};
use serde_json::{Value, json};
use testkit::{CallerToken, TestService};

struct Scene {
    service: TestService,
    person: CallerToken,
}

impl Scene {
    async fn new() -> Self {
        Self { service: TestService::start(ledger::service()).await, person: CallerToken::default() }
    }

    fn user_id(&self) -> UserId {
        self.person.user_id()
    }

    async fn call(&self, path: &str, body: Value) -> testkit::TestResponse {
        let token = self.service.keys.service_token("billing", "ledger");
        self.service.post(&format!("/internal/credits/{path}")).bearer(&token).json(body).send().await
    }

    fn grant(&self, amount: i64, expires_at: Option<Timestamp>) -> Value {
        json!({
            "id": CreditGrantId::new(), "user_id": self.user_id(), "currency": "EUR", "amount": amount,
            "origin": "purchase", "source": "pay_1", "expires_at": expires_at,
        })
    }

    fn spend(&self, amount: i64, expires_at: Option<Timestamp>) -> Value {
        json!({
            "id": TransferId::new(), "user_id": self.user_id(), "currency": "EUR", "amount": amount,
            "source": "bkg_1", "expires_at": expires_at,
        })
    }

    async fn read(&self, path: &str) -> Value {
        self.service.get(path).bearer(&self.service.token(&self.person)).send().await.expect(200)
    }

    /// Balance, held, available.
    async fn credits(&self) -> (i64, i64, i64) {
        let all = self.read("/api/credits").await;
        let number = |name: &str| all["credits"][0][name].as_i64().unwrap_or_default();
        (number("balance"), number("held"), number("available"))
    }

    /// What is left of each grant, the newest first.
    async fn remaining(&self) -> Vec<i64> {
        let page = self.read("/api/credits/grants").await;
        page["data"].as_array().unwrap().iter().map(|grant| grant["remaining"].as_i64().unwrap()).collect()
    }

    /// What was done about a grant, the newest first.
    async fn actions(&self, grant: &Value) -> Vec<Value> {
        let admin = self.service.token(&CallerToken::default().admin());
        let path = format!("/api/admin/ledger/actions?subject={}", grant["id"].as_str().unwrap());
        let trail = self.service.get(&path).bearer(&admin).send().await.expect(200);
        trail["data"].as_array().unwrap().iter().map(|row| row["action"].clone()).collect()
    }

    async fn posted(&self, code: &str) -> i64 {
        let admin = self.service.token(&CallerToken::default().admin());
        let sheet = self.service.get("/api/admin/ledger/trial-balance").bearer(&admin).send().await.expect(200);
        let accounts = sheet["accounts"].as_array().unwrap().clone();
        accounts.iter().find(|account| account["code"] == code).map_or(0, |account| account["posted"].as_i64().unwrap())
    }

    async fn assert_sound(&self) {
        assert_eq!(ledger::verify(&self.service.db).await.unwrap(), []);
        let (balance, held, _) = self.credits().await;
        assert_eq!(self.remaining().await.iter().sum::<i64>(), balance - held, "lots and account");
    }
}

#[tokio::test]
async fn a_grant_is_given_once() {
    let scene = Scene::new().await;
    let grant = scene.grant(1_000, None);
    for _ in 0..2 {
        scene.call("grants", grant.clone()).await.expect(204);
    }
    assert_eq!(scene.credits().await, (1_000, 0, 1_000));
    assert_eq!(scene.posted("liabilities:unallocated").await, -1_000, "its payment pays for it");
    assert_eq!(scene.actions(&grant).await, ["credits_granted"], "a repetition does nothing, and is not told of");
    for (field, value) in [
        ("amount", json!(2_000)),
        ("origin", json!("goodwill")),
        ("source", json!("pay_2")),
        ("expires_at", json!("2999-01-01T00:00:00Z")),
    ] {
        let mut other = grant.clone();
        other[field] = value;
        scene.call("grants", other).await.expect_problem(409, "id_reused");
    }
    let given = json!({"origin": "allocation", "source": "sub_1"});
    let mut gift = scene.grant(300, None);
    gift.as_object_mut().unwrap().extend(given.as_object().unwrap().clone());
    scene.call("grants", gift).await.expect(204);
    assert_eq!(scene.posted("expense:credits_given").await, 300);
    scene.assert_sound().await;
}

#[tokio::test]
async fn what_expires_soonest_is_spent_first_and_what_is_not_captured_returns() {
    let scene = Scene::new().await;
    let in_days = |days: i64| Some(scene.service.now() + SignedDuration::from_hours(24 * days));
    // In the order in which they are granted: for ever, 20 days, 10 days.
    for (amount, expires_at) in [(500, None), (500, in_days(20)), (500, in_days(10))] {
        scene.call("grants", scene.grant(amount, expires_at)).await.expect(204);
    }
    let spend = scene.spend(700, None);
    for _ in 0..2 {
        scene.call("spends", spend.clone()).await.expect(204);
    }
    assert_eq!(scene.remaining().await, [0, 300, 500]);
    assert_eq!(scene.credits().await, (1_500, 700, 800));
    let capture = format!("spends/{}/capture", spend["id"].as_str().unwrap());
    for _ in 0..2 {
        scene.call(&capture, json!({"amount": 600})).await.expect(204);
    }
    scene.call(&capture, json!({"amount": 700})).await.expect_problem(409, "hold_closed");
    assert_eq!(scene.remaining().await, [0, 400, 500]);
    assert_eq!(scene.credits().await, (900, 0, 900));
    assert_eq!(scene.posted("liabilities:unallocated").await, -1_500 + 600);
    let void = capture.replace("capture", "void");
    scene.call(&void, json!({})).await.expect_problem(409, "hold_closed");
    scene.assert_sound().await;
}

#[tokio::test]
async fn a_spend_is_held_once_and_its_id_stands_for_one_content() {
    let scene = Scene::new().await;
    scene.call("grants", scene.grant(1_000, None)).await.expect(204);
    let until = scene.service.now() + SignedDuration::from_hours(1);
    let (forever, limited) = (scene.spend(100, None), scene.spend(200, Some(until)));
    for spend in [&forever, &limited] {
        for _ in 0..2 {
            scene.call("spends", spend.clone()).await.expect(204);
        }
        for (field, value) in [
            ("amount", json!(300)),
            ("source", json!("bkg_2")),
            ("currency", json!("GBP")),
            ("expires_at", json!("2999-01-01T00:00:00Z")),
        ] {
            let mut other = spend.clone();
            other[field] = value;
            scene.call("spends", other).await.expect_problem(409, "id_reused");
        }
    }
    let mut other = limited.clone();
    other["expires_at"] = Value::Null;
    scene.call("spends", other).await.expect_problem(409, "id_reused");
    assert_eq!(scene.credits().await, (1_000, 300, 700));
    scene.assert_sound().await;
}

#[tokio::test]
async fn nobody_spends_more_than_there_is() {
    let scene = Scene::new().await;
    scene.call("spends", scene.spend(1, None)).await.expect_problem(409, "insufficient_credits");
    scene.call("grants", scene.grant(100, None)).await.expect(204);
    scene.call("spends", scene.spend(101, None)).await.expect_problem(409, "insufficient_credits");
    let spends = (0..6).map(|_| scene.call("spends", scene.spend(20, None)));
    let answers = futures_util::future::join_all(spends).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 204).count(), 5);
    for bad in [0, -1, i64::MIN] {
        scene.call("spends", scene.spend(bad, None)).await.expect_problem(422, "invalid_amount");
        scene.call("grants", scene.grant(bad, None)).await.expect_problem(422, "invalid_amount");
    }
    scene.assert_sound().await;
}

#[tokio::test]
async fn credits_expire_at_their_instant_and_a_forgotten_hold_gives_them_back() {
    let scene = Scene::new().await;
    let soon = scene.service.now() + SignedDuration::from_hours(1);
    let later = scene.service.now() + SignedDuration::from_hours(48);
    scene.call("grants", scene.grant(300, Some(soon))).await.expect(204);
    scene.call("grants", scene.grant(500, Some(later))).await.expect(204);
    // Held until after its time: what comes back then is over.
    let until = Some(scene.service.now() + SignedDuration::from_hours(2));
    scene.call("spends", scene.spend(400, until)).await.expect(204);
    assert_eq!(scene.credits().await, (800, 400, 400));
    scene.service.advance_secs(3_600).await;
    scene.service.run_jobs().await;
    assert_eq!(scene.credits().await, (800, 400, 400), "what is held is not gone");
    scene.service.advance_secs(3_600).await;
    scene.service.run_jobs().await;
    assert_eq!(scene.credits().await, (500, 0, 500));
    assert_eq!(scene.posted("income:breakage").await, 300);
    assert_eq!(scene.remaining().await, [500, 0]);
    scene.assert_sound().await;
}

#[tokio::test]
async fn what_a_hold_kept_is_there_for_others_at_the_instant_it_expires() {
    let scene = Scene::new().await;
    scene.call("grants", scene.grant(100, None)).await.expect(204);
    let until = scene.service.now() + SignedDuration::from_hours(1);
    scene.call("spends", scene.spend(100, Some(until))).await.expect(204);
    scene.call("spends", scene.spend(100, None)).await.expect_problem(409, "insufficient_credits");
    // No job has run yet.
    let offset = scene.service.clock.offset_secs();
    scene.service.clock.set_offset_secs(offset + 3_600);
    scene.call("spends", scene.spend(100, None)).await.expect(204);
    scene.call("spends", scene.spend(1, None)).await.expect_problem(409, "insufficient_credits");
    assert_eq!(scene.credits().await, (100, 100, 0));
    scene.assert_sound().await;
}

#[tokio::test]
async fn a_refunded_purchase_takes_back_what_is_left_of_it() {
    let scene = Scene::new().await;
    let grant = scene.grant(1_000, None);
    scene.call("grants", grant.clone()).await.expect(204);
    let spend = scene.spend(400, None);
    scene.call("spends", spend.clone()).await.expect(204);
    scene.call(&format!("spends/{}/capture", spend["id"].as_str().unwrap()), json!({})).await.expect(204);
    let path = format!("grants/{}/take-back", grant["id"].as_str().unwrap());
    assert_eq!(scene.call(&path, json!({})).await.expect(200), json!({"amount": 600}));
    assert_eq!(scene.call(&path, json!({})).await.expect(200), json!({"amount": 0}));
    assert_eq!(scene.credits().await, (0, 0, 0));
    assert_eq!(scene.actions(&grant).await, ["credits_taken_back", "credits_granted"]);
    scene.call(&format!("grants/{}/take-back", CreditGrantId::new()), json!({})).await.expect_problem(404, "not_found");
    scene.assert_sound().await;
}

#[tokio::test]
async fn services_grant_and_spend_and_people_read_their_own() {
    let scene = Scene::new().await;
    scene.call("grants", scene.grant(10, None)).await.expect(204);
    let stranger = scene.service.token(&CallerToken::default());
    let body = scene.service.get("/api/credits").bearer(&stranger).send().await.expect(200);
    assert_eq!(body, json!({"credits": []}));
    let wallet = scene.read("/api/credits").await["credits"][0]["wallet_id"].as_str().unwrap().to_owned();
    let entries = scene.read(&format!("/api/wallets/{wallet}/entries")).await;
    assert_eq!(entries["data"][0]["kind"], "credits_purchased");
    let path = format!("/api/wallets/{wallet}/entries");
    scene.service.get(&path).bearer(&stranger).send().await.expect_problem(404, "not_found");
    let messaging = scene.service.keys.service_token("messaging", "ledger");
    let refused = scene.service.post("/internal/credits/grants").bearer(&messaging).json(scene.grant(1, None));
    refused.send().await.expect_problem(403, "service_not_allowed");
}
