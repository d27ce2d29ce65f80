//! Who may read which balance, and what it looks like.

use contracts::auth::v1::CompanyCreated;
use kernel::{CompanyId, Currency, TransferId};
use ledger::{
    accounts::AccountCode,
    transfers::{Books, Poster},
};
use serde_json::json;
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestService};

use crate::support::{company_balance, draft, euros};

#[tokio::test]
async fn a_companys_balance_is_for_its_staff_and_for_administrators() {
    let service = TestService::start(ledger::service()).await;
    let company_id = CompanyId::new();
    let event = CompanyCreated { company_id: company_id.to_string(), currency: "EUR".into(), ..Default::default() };
    service.deliver(company_id.uuid(), 1, &event).await;
    let path = format!("/api/companies/{company_id}/balance");
    for caller in [CallerToken::default().member_of(company_id, CompanyRole::Staff), CallerToken::default().admin()] {
        let body = service.get(&path).bearer(&service.token(&caller)).send().await.expect(200);
        assert_eq!(body, json!({"balances": [company_balance("EUR", 0, 0)]}));
    }
    let stranger = service.token(&CallerToken::default().owner_of(CompanyId::new()));
    service.get(&path).bearer(&stranger).send().await.expect_problem(404, "not_found");
    service.get(&path).send().await.expect_problem(401, "authentication_required");
}

#[tokio::test]
async fn a_company_nobody_has_heard_of_is_empty_for_its_staff_and_not_there_for_others() {
    let service = TestService::start(ledger::service()).await;
    let company_id = CompanyId::new();
    let path = format!("/api/companies/{company_id}/balance");
    let owner = service.token(&CallerToken::default().owner_of(company_id));
    assert_eq!(service.get(&path).bearer(&owner).send().await.expect(200), json!({"balances": []}));
    let admin = service.token(&CallerToken::default().admin());
    service.get(&path).bearer(&admin).send().await.expect_problem(404, "not_found");
    for id in ["x", "usr_01h455vb4pex5vsknk084sn02q", "com_x"] {
        let path = format!("/api/companies/{id}/balance");
        service.get(&path).bearer(&owner).send().await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn wallets_are_the_callers_own() {
    let service = TestService::start(ledger::service()).await;
    let (rich, poor) = (CallerToken::default(), CallerToken::default());
    let books = Books::new(service.clock.clone());
    let wallet = AccountCode::CustomerWallet(rich.user_id()).in_currency(Currency::EUR);
    let deposit = draft(TransferId::new(), &euros(AccountCode::Bank), &wallet, 2_500);
    Poster::start(service.db.clone(), books).post(deposit).await.unwrap();
    let read = async |path: &str, caller: &CallerToken| {
        service.get(path).bearer(&service.token(caller)).send().await.expect(200)
    };
    let wallets =
        json!([{"wallet_id": wallet.id(), "currency": "EUR", "balance": 2_500, "held": 0, "available": 2_500}]);
    assert_eq!(read("/api/wallets/me", &rich).await, json!({"wallets": wallets}));
    assert_eq!(read("/api/wallets/me", &poor).await, json!({"wallets": []}));
    let available = json!({"balances": [{"currency": "EUR", "available": 2_500}]});
    assert_eq!(read("/api/user/available-balance", &rich).await, available);
    assert_eq!(read("/api/user/available-balance", &poor).await, json!({"balances": []}));
    for path in ["/api/wallets/me", "/api/user/available-balance"] {
        service.get(path).send().await.expect_problem(401, "authentication_required");
    }
}

#[tokio::test]
async fn the_trial_balance_is_for_administrators_and_balances() {
    let service = TestService::start(ledger::service()).await;
    let poster = Poster::start(service.db.clone(), Books::new(service.clock.clone()));
    let (bank, unallocated) = (euros(AccountCode::Bank), euros(AccountCode::Unallocated));
    poster.post(draft(TransferId::new(), &bank, &unallocated, 700)).await.unwrap();
    let path = "/api/admin/ledger/trial-balance";
    let admin = service.token(&CallerToken::default().admin());
    let body = service.get(path).bearer(&admin).send().await.expect(200);
    let totals = json!([{"currency": "EUR", "debits": 700, "credits": 700, "difference": 0}]);
    assert_eq!(body["currencies"], totals);
    let accounts = json!([
        {"id": bank.id(), "code": "assets:bank", "currency": "EUR", "posted": 700, "pending": 0},
        {"id": unallocated.id(), "code": "liabilities:unallocated", "currency": "EUR", "posted": 700, "pending": 0},
    ]);
    assert_eq!(body["accounts"], accounts);
    let owner = service.token(&CallerToken::default().owner_of(CompanyId::new()));
    service.get(path).bearer(&owner).send().await.expect_problem(403, "admin_required");
    service.get(path).send().await.expect_problem(401, "authentication_required");
}

#[tokio::test]
async fn auth_alone_asks_whether_a_company_is_settled() {
    let service = TestService::start(ledger::service()).await;
    let company_id = CompanyId::new();
    let path = format!("/internal/companies/{company_id}/settlement");
    let ask =
        async |caller: &str| service.get(&path).bearer(&service.keys.service_token(caller, "ledger")).send().await;
    assert_eq!(ask("auth").await.expect(200), json!({"settled": true}), "nobody has heard of it");
    let event = CompanyCreated { company_id: company_id.to_string(), currency: "EUR".into(), ..Default::default() };
    service.deliver(company_id.uuid(), 1, &event).await;
    assert_eq!(ask("auth").await.expect(200), json!({"settled": true}));
    let payable = euros(AccountCode::CompanyPayable(company_id));
    let poster = Poster::start(service.db.clone(), Books::new(service.clock.clone()));
    poster.post(draft(TransferId::new(), &euros(AccountCode::Bank), &payable, 1)).await.unwrap();
    assert_eq!(ask("auth").await.expect(200), json!({"settled": false}));
    poster.post(draft(TransferId::new(), &payable, &euros(AccountCode::Bank), 1)).await.unwrap();
    assert_eq!(ask("auth").await.expect(200), json!({"settled": true}));
    ask("booking").await.expect_problem(403, "service_not_allowed");
    let owner = service.token(&CallerToken::default().owner_of(company_id));
    service.get(&path).bearer(&owner).send().await.expect_problem(401, "invalid_token");
}
