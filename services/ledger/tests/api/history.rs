//! Balances of the past, and statements of a span.

use jiff::{SignedDuration, Timestamp};
use kernel::{CompanyId, TransferId};
use ledger::{
    accounts::AccountCode,
    transfers::{Books, Leg, Poster, TransferDraft, TransferKind},
};
use serde_json::json;
use testkit::{CallerToken, TestService};

use crate::support::euros;

/// One transfer an hour into a company's payable account, of 1, 2, 3, … cents; each has happened half an hour before it
/// is recorded.
struct Scene {
    service: TestService,
    company_id: CompanyId,
    hours: Vec<Timestamp>,
}

impl Scene {
    async fn new(count: i64) -> Self {
        let service = TestService::start(ledger::service()).await;
        let company_id = CompanyId::new();
        let poster = Poster::start(service.db.clone(), Books::new(service.clock.clone()));
        let mut hours = Vec::new();
        for amount in 1..=count {
            service.advance_secs(3_600).await;
            let legs = vec![
                Leg::debit(euros(AccountCode::Bank), amount),
                Leg::credit(euros(AccountCode::CompanyPayable(company_id)), amount),
            ];
            let effective_at = service.now() - SignedDuration::from_mins(30);
            let draft =
                TransferDraft::new(TransferId::new(), TransferKind::Adjustment, "test", effective_at, legs).unwrap();
            hours.push(poster.post(draft).await.unwrap().recorded_at);
        }
        Self { service, company_id, hours }
    }

    async fn get(&self, path: &str) -> serde_json::Value {
        let owner = self.service.token(&CallerToken::default().owner_of(self.company_id));
        let account = euros(AccountCode::CompanyPayable(self.company_id)).id();
        let path = format!("/api/ledger/accounts/{account}/{path}");
        self.service.get(&path).bearer(&owner).send().await.expect(200)
    }

    async fn posted(&self, at: Timestamp, how: &str) -> i64 {
        self.get(&format!("balance?at={at}&as={how}")).await["posted"].as_i64().unwrap()
    }
}

#[tokio::test]
async fn a_past_balance_is_as_effective_or_as_known_then() {
    let scene = Scene::new(7).await;
    let minutes = |count| SignedDuration::from_mins(count);
    for (index, hour) in scene.hours.iter().enumerate() {
        let sum = |count: usize| (count * (count + 1) / 2) as i64;
        assert_eq!(scene.posted(*hour, "known").await, sum(index + 1), "{hour}");
        assert_eq!(scene.posted(*hour - SignedDuration::from_micros(1), "known").await, sum(index), "{hour}");
        // Twenty minutes before it was recorded it had happened, and nobody knew.
        assert_eq!(scene.posted(*hour - minutes(20), "effective").await, sum(index + 1), "{hour}");
        assert_eq!(scene.posted(*hour - minutes(20), "known").await, sum(index), "{hour}");
        assert_eq!(scene.posted(*hour - minutes(31), "effective").await, sum(index), "{hour}");
    }
    assert_eq!(scene.posted(scene.hours[0] - minutes(600), "effective").await, 0);
    let now = scene.get("balance").await;
    assert_eq!((&now["posted"], &now["held"], &now["available"]), (&json!(28), &json!(0), &json!(28)));
    let future = scene.get("balance?at=2999-01-01T00:00:00Z").await;
    assert_eq!(future["posted"], 28, "the future is not known: it is the present");
}

#[tokio::test]
async fn a_statement_covers_the_span_that_is_asked_for() {
    let scene = Scene::new(5).await;
    let numbers = async |query: String| {
        let page = scene.get(&format!("statement?{query}")).await;
        let rows = page["data"].as_array().unwrap().clone();
        rows.iter().map(|row| row["number"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let [first, second, .., fourth, _] = scene.hours[..] else { panic!("five hours") };
    assert_eq!(numbers(format!("from={second}&to={fourth}")).await, [3, 2]);
    assert_eq!(numbers(format!("from={fourth}")).await, [5, 4]);
    assert_eq!(numbers(format!("to={first}")).await, [0_i64; 0]);
    assert_eq!(numbers(format!("from={first}&limit=2")).await, [5, 4]);
}

#[tokio::test]
async fn accounts_are_listed_for_their_owners() {
    let scene = Scene::new(1).await;
    let stranger = scene.service.token(&CallerToken::default());
    let owner = scene.service.token(&CallerToken::default().owner_of(scene.company_id));
    let path = format!("/api/ledger/accounts?company_id={}", scene.company_id);
    let page = scene.service.get(&path).bearer(&owner).send().await.expect(200);
    let payable = euros(AccountCode::CompanyPayable(scene.company_id));
    let account = json!({
        "id": payable.id(), "code": payable.code().to_string(), "currency": "EUR", "posted": 1, "held": 0,
    });
    assert_eq!(page["data"], json!([account]));
    scene.service.get(&path).bearer(&stranger).send().await.expect_problem(404, "not_found");
    let own = scene.service.get("/api/ledger/accounts").bearer(&stranger).send().await.expect(200);
    assert_eq!(own, json!({"data": [], "next_cursor": null}));
    let balance = format!("/api/ledger/accounts/{}/balance", payable.id());
    scene.service.get(&balance).bearer(&stranger).send().await.expect_problem(404, "not_found");
    let wallet = format!("/api/wallets/{}/entries", payable.id());
    scene.service.get(&wallet).bearer(&owner).send().await.expect_problem(404, "not_found");
}
