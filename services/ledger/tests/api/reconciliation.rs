//! The book against what a provider says.

use jiff::{SignedDuration, Timestamp};
use kernel::{PaymentId, TransferId};
use ledger::{
    accounts::{AccountCode, AccountKey},
    transfers::{Books, Leg, Poster, TransferDraft, TransferKind},
};
use serde_json::{Value, json};
use testkit::{CallerToken, TestService};

const PATH: &str = "/api/admin/ledger/reconciliation";

const CURRENCIES: [&str; 3] = ["EUR", "JPY", "KWD"];

/// Payments of one month, half of them refunded; the provider tells the same.
struct Month {
    service: TestService,
    admin: String,
    theirs: Vec<Value>,
}

fn first() -> Timestamp {
    "2027-03-01T00:00:00Z".parse().unwrap()
}

impl Month {
    async fn of(payments: usize) -> Self {
        let service = TestService::builder(ledger::service()).start_at("2027-04-02T00:00:00Z").start().await;
        let poster = Poster::start(service.db.clone(), Books::new(service.clock.clone()));
        let (mut drafts, mut theirs) = (Vec::new(), Vec::new());
        for number in 0..payments {
            let at = first() + SignedDuration::from_mins(number as i64 % 44_000);
            let (currency, amount) = (CURRENCIES[number % 3], 1_000 + number as i64);
            let payment = PaymentId::new().to_string();
            drafts.push(draft(TransferKind::PaymentReceived, &payment, currency, amount, at));
            theirs.push(transaction("charge", &payment, currency, amount, at));
            if number % 2 == 0 {
                let refund = kernel::RefundId::new().to_string();
                drafts.push(draft(TransferKind::UnallocatedRefunded, &refund, currency, -amount, at));
                theirs.push(transaction("refund", &refund, currency, -amount, at));
            }
        }
        for drafts in drafts.chunks(500) {
            poster.post_all(drafts.to_vec()).await.unwrap();
        }
        let admin = service.token(&CallerToken::default().admin());
        Self { service, admin, theirs }
    }

    async fn tell(&self) {
        let token = self.service.keys.service_token("billing", "ledger");
        for transactions in self.theirs.chunks(1_000) {
            let body = json!({"provider": "stripe", "transactions": transactions});
            let path = "/internal/reconciliation/balance-transactions";
            self.service.post(path).bearer(&token).json(body).send().await.expect(204);
        }
    }

    async fn compare(&self) -> Value {
        let body = json!({"provider": "stripe", "from": "2027-03-01T00:00:00Z", "to": "2027-04-01T00:00:00Z"});
        self.service.post(PATH).bearer(&self.admin).json(body).send().await.expect(200)
    }

    async fn findings(&self, report: &Value, query: &str) -> Vec<Value> {
        let path = format!("{PATH}/{}/findings?limit=100{query}", report["id"].as_str().unwrap());
        let page = self.service.get(&path).bearer(&self.admin).send().await.expect(200);
        page["data"].as_array().unwrap().clone()
    }
}

fn draft(kind: TransferKind, source: &str, currency: &str, amount: i64, at: Timestamp) -> TransferDraft {
    let key = |code| AccountKey::new(code, currency.parse().unwrap());
    let (provider, unallocated) =
        (key(AccountCode::Provider("stripe".parse().unwrap())), key(AccountCode::Unallocated));
    let legs = vec![Leg::debit(provider, amount), Leg::credit(unallocated, amount)];
    TransferDraft::new(TransferId::new(), kind, source, at, legs).unwrap()
}

fn transaction(class: &str, reference: &str, currency: &str, amount: i64, at: Timestamp) -> Value {
    let id = format!("txn_{}", kernel::new_uuid().simple());
    json!({"id": id, "class": class, "reference": reference, "currency": currency, "amount": amount, "occurred_at": at})
}

fn counts(report: &Value) -> [i64; 5] {
    ["matched", "missing_here", "missing_there", "different_amount", "duplicated"]
        .map(|name| report[name].as_i64().unwrap())
}

#[tokio::test]
async fn a_month_with_planted_faults_is_reported_exactly_and_once() {
    let mut month = Month::of(testkit::budget(300, 3_334)).await;
    let total = month.theirs.len() as i64;
    // Missing there, a wrong amount, twice, a rounding, and a chargeback that nobody here has heard of.
    let lost = month.theirs.remove(0);
    month.theirs[10]["amount"] = json!(month.theirs[10]["amount"].as_i64().unwrap() + 100);
    month.theirs[20]["amount"] = json!(month.theirs[20]["amount"].as_i64().unwrap() - 1);
    let mut copy = month.theirs[30].clone();
    copy["id"] = json!("txn_copy");
    month.theirs.push(copy);
    month.theirs.push(json!({
        "id": "txn_chargeback", "class": "dispute", "currency": "EUR", "amount": -700, "fee": 1_500,
        "occurred_at": "2027-03-15T12:00:00Z",
    }));
    month.tell().await;
    let report = month.compare().await;
    assert_eq!(counts(&report), [total - 4, 2, 1, 2, 1], "the chargeback has a fee of its own");
    let missing = month.findings(&report, "&finding=missing_there").await;
    assert_eq!(missing[0]["reference"], lost["reference"]);
    assert_eq!((&missing[0]["ours"], &missing[0]["theirs"]), (&lost["amount"], &json!(0)));
    assert_eq!(missing[0]["transfers"].as_array().unwrap().len(), 1);
    let twice = month.findings(&report, "&finding=duplicated").await;
    assert!(twice[0]["provider_ids"].as_array().unwrap().contains(&json!("txn_copy")));

    // Again: nothing is added.
    let before = month.findings(&report, "").await;
    month.tell().await;
    assert_eq!(counts(&month.compare().await), counts(&report));
    assert_eq!(month.findings(&report, "").await, before);
    let all = month.service.get(PATH).bearer(&month.admin).send().await.expect(200);
    assert_eq!(all["data"].as_array().unwrap().len(), 1);

    // It was only late.
    month.theirs = vec![lost.clone()];
    month.tell().await;
    assert_eq!(counts(&month.compare().await), [total - 3, 2, 0, 2, 1]);
    let resolved = month.findings(&report, "&finding=missing_there").await;
    assert!(resolved[0]["resolved_at"].is_string(), "{resolved:?}");
}

#[tokio::test]
async fn the_other_side_of_midnight_is_no_fault() {
    let mut month = Month::of(2).await;
    // Ours at the first instant of the month, theirs a second before it.
    month.theirs[0]["occurred_at"] = json!("2027-02-28T23:59:59Z");
    month.tell().await;
    assert_eq!(counts(&month.compare().await), [3, 0, 0, 0, 0]);
}

#[tokio::test]
async fn what_the_provider_keeps_and_sends_to_the_bank_is_posted_once_and_compared_later() {
    let mut month = Month::of(1).await;
    let payment = month.theirs[0]["reference"].clone();
    month.theirs[0]["fee"] = json!(31);
    let settled = json!({
        "id": "txn_po", "class": "settlement", "currency": "EUR", "amount": -400, "occurred_at": "2027-03-20T00:00:00Z",
    });
    month.theirs.push(settled);
    for _ in 0..2 {
        month.tell().await;
    }
    let sheet = month.service.get("/api/admin/ledger/trial-balance").bearer(&month.admin).send().await.expect(200);
    let posted = |code: &str| {
        let accounts = sheet["accounts"].as_array().unwrap();
        accounts.iter().find(|account| account["code"] == code).map(|account| account["posted"].clone())
    };
    // The payment of 10.00 EUR has gone back.
    assert_eq!(posted("assets:provider:stripe"), Some(json!(-431)));
    assert_eq!((posted("expense:provider_fees"), posted("assets:bank")), (Some(json!(31)), Some(json!(400))));
    assert_eq!(counts(&month.compare().await), [4, 0, 0, 0, 0], "payment, refund, fee and settlement");

    // It says something else than before: the book stays, and people are told.
    month.theirs[0]["fee"] = json!(34);
    month.tell().await;
    let report = month.compare().await;
    assert_eq!(counts(&report), [3, 0, 0, 1, 0]);
    let drifted = month.findings(&report, "").await;
    assert_eq!((&drifted[0]["class"], &drifted[0]["reference"]), (&json!("fee"), &payment));
    assert_eq!((&drifted[0]["ours"], &drifted[0]["theirs"]), (&json!(-31), &json!(-34)));
    assert_eq!(ledger::verify(&month.service.db).await.unwrap(), []);
}

#[tokio::test]
async fn every_day_is_compared_when_it_is_over() {
    let month = Month::of(4).await;
    month.tell().await;
    month.service.advance_secs(3_600).await;
    let all = month.service.get(&format!("{PATH}?limit=100")).bearer(&month.admin).send().await.expect(200);
    let days: Vec<&Value> = all["data"].as_array().unwrap().iter().map(|day| &day["from"]).collect();
    assert_eq!((days.len(), days[0]), (7, &json!("2027-04-01T00:00:00Z")));
    month.service.advance_secs(3_600).await;
    let again = month.service.get(&format!("{PATH}?limit=100")).bearer(&month.admin).send().await.expect(200);
    assert_eq!(again["data"].as_array().unwrap().len(), 7);
}

#[tokio::test]
async fn wrong_questions_are_refused_and_only_administrators_ask() {
    let month = Month::of(1).await;
    let ask = async |provider: &str, from: &str, to: &str, token: &str| {
        let body = json!({"provider": provider, "from": from, "to": to});
        month.service.post(PATH).bearer(token).json(body).send().await
    };
    let (from, to) = ("2027-03-01T00:00:00Z", "2027-03-02T00:00:00Z");
    ask("Stripe", from, to, &month.admin).await.expect_problem(422, "unknown_provider");
    ask("stripe", to, from, &month.admin).await.expect_problem(422, "invalid_span");
    ask("stripe", from, "2027-05-02T00:00:00Z", &month.admin).await.expect_problem(422, "invalid_span");
    let person = month.service.token(&CallerToken::default());
    ask("stripe", from, to, &person).await.expect_problem(403, "admin_required");
    let report = month.compare().await;
    for path in [PATH.to_owned(), format!("{PATH}/{}", report["id"].as_str().unwrap())] {
        month.service.get(&path).bearer(&person).send().await.expect_problem(403, "admin_required");
        month.service.get(&path).bearer(&month.admin).send().await.expect(200);
    }
    let unknown = format!("{PATH}/{}", kernel::ReconciliationId::new());
    month.service.get(&unknown).bearer(&month.admin).send().await.expect_problem(404, "not_found");
    let token = month.service.keys.service_token("billing", "ledger");
    let twice = transaction("charge", "pay", "EUR", 1, first());
    let body = json!({"provider": "stripe", "transactions": [twice, twice]});
    let path = "/internal/reconciliation/balance-transactions";
    month.service.post(path).bearer(&token).json(body).send().await.expect_problem(422, "invalid_transactions");
}
