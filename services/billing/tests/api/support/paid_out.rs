//! A company that is paid out: its account, what it has, and the ledger as billing asks it.

use serde_json::{Value, json};
use testkit::{CallerToken, TestResponse, eventually};

use super::{World, account_updated, enabled};

pub const HOLD: &str = "POST /internal/payouts";
pub const CAPTURE: &str = "POST /internal/payouts/*/capture";
pub const VOID: &str = "POST /internal/payouts/*/void";
pub const RETURN: &str = "POST /internal/payout-returns";

impl World {
    pub fn owner(&self) -> CallerToken {
        CallerToken::default().owner_of(self.company)
    }

    /// The ledger does what it is told, and the company has this much.
    pub fn ledger_has(&self, cents: i64) {
        let payables = json!({"payables": [{"amount": cents, "currency": "EUR"}]});
        self.service.peers.get(&format!("/internal/companies/{}/payables", self.company), payables);
        for route in [HOLD, CAPTURE, VOID, RETURN] {
            self.service.peers.answer(route, 200, json!({}));
        }
    }

    pub fn ledger_is_down_for(&self, route: &str) {
        self.service.peers.answer(route, 503, json!({"code": "unavailable"}));
    }

    pub fn ledger_is_up_for(&self, route: &str) {
        self.service.peers.answer(route, 200, json!({}));
    }

    pub async fn make_account(&self) -> TestResponse {
        self.make_account_as(&self.owner()).await
    }

    pub async fn make_account_as(&self, owner: &CallerToken) -> TestResponse {
        let company = json!({"name": "Kellerklang", "country": "DE", "currency": "EUR"});
        self.service.peers.get(&format!("/internal/companies/{}", self.company), company);
        let request = self.service.post("/api/payments/stripe/account").bearer(&self.service.token(owner));
        request.json(json!({"company_id": self.company})).send().await
    }

    /// An account whose owner has been through onboarding.
    pub async fn account_in_use(&self) {
        let account = self.make_account().await.expect(200);
        let id = account["provider_account_id"].as_str().expect("an account").to_owned();
        self.payer().onboard_silently();
        let now = self.service.now() + jiff::SignedDuration::from_secs(1);
        self.webhook(account_updated(enabled(&id, Some(self.company)), now)).await;
    }

    pub async fn pay_out(&self, body: Value) -> TestResponse {
        self.pay_out_with(&kernel::new_uuid().to_string(), body).await
    }

    pub async fn pay_out_with(&self, key: &str, body: Value) -> TestResponse {
        let mut whole = json!({"company_id": self.company});
        for (name, value) in body.as_object().expect("an object") {
            whole[name] = value.clone();
        }
        self.as_manager(self.service.post("/api/payouts")).idempotency_key(key).json(whole).send().await
    }

    pub async fn payout(&self, payout: &Value) -> Value {
        let path = format!("/api/payouts/{}", payout["id"].as_str().expect("an id"));
        self.as_manager(self.service.get(&path)).send().await.expect(200)
    }

    /// Waits until a payout has the given status, as the table has it. What waits for another try is tried at once.
    pub async fn payout_becomes(&self, payout: &Value, status: &str) -> Value {
        let id: kernel::PayoutId = payout["id"].as_str().expect("an id").parse().expect("a payout's id");
        let query = format!("payouts WHERE id = '{}' AND status = '{status}' AND retry_at IS NULL", id.uuid());
        eventually(&format!("the payout is {status}"), async || {
            if self.count(&query).await == 1 {
                return Some(());
            }
            self.hurry().await;
            None
        })
        .await;
        self.payout(payout).await
    }

    /// Waits until a payout has the given status, or one that follows it, with or without a step being tried again.
    pub async fn payout_becomes_at_least(&self, payout: &Value, status: &str) {
        let id: kernel::PayoutId = payout["id"].as_str().expect("an id").parse().expect("a payout's id");
        let reached = match status {
            "sent" => "('sent', 'paid')",
            _ => "('failing', 'failed', 'returned')",
        };
        let query = format!("payouts WHERE id = '{}' AND status IN {reached}", id.uuid());
        eventually(&format!("the payout is {status}"), async || {
            if self.count(&query).await == 1 {
                return Some(());
            }
            self.hurry().await;
            None
        })
        .await;
    }

    /// What waits for another try is tried at once; what somebody has in hand, for a minute at most, is left to them.
    async fn hurry(&self) {
        let in_hand = "retry_at BETWEEN now() + interval '50 seconds' AND now() + interval '1 minute'";
        self.execute(&format!(
            "UPDATE payouts SET retry_at = now() WHERE retries > 0 AND retry_at > now() AND NOT {in_hand}"
        ))
        .await;
        self.service.run_jobs().await;
    }

    pub async fn payouts(&self) -> Vec<Value> {
        let path = format!("/api/payouts?company_id={}", self.company);
        let page = self.as_manager(self.service.get(&path)).send().await.expect(200);
        page["data"].as_array().expect("a page").clone()
    }
}

pub fn euros(cents: i64) -> Value {
    json!({"amount": {"amount": cents, "currency": "EUR"}})
}
