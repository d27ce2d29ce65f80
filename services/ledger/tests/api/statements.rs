//! Transfers and statements, page by page.

use kernel::{AccountId, CompanyId, TransferId};
use ledger::{
    accounts::AccountCode,
    transfers::{Books, Leg, Poster, TransferDraft, TransferKind},
};
use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestService};

use crate::support::{NOW, company_balance, euros};

/// Three transfers of 1, 2 and 3 cents into a company's payable account, each about its own source.
async fn three_transfers(service: &TestService, company_id: CompanyId) {
    let poster = Poster::start(service.db.clone(), Books::new(service.clock.clone()));
    for amount in 1..=3 {
        let legs = vec![
            Leg::debit(euros(AccountCode::Bank), amount),
            Leg::credit(euros(AccountCode::CompanyPayable(company_id)), amount),
        ];
        let source = format!("source-{amount}");
        let draft = TransferDraft::new(TransferId::new(), TransferKind::Adjustment, source, NOW, legs).unwrap();
        poster.post(draft).await.unwrap();
    }
}

/// All rows of a list, fetched in pages of two.
async fn pages(service: &TestService, path: &str, token: &str) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let sign = if path.contains('?') { '&' } else { '?' };
        let page = service.get(&format!("{path}{sign}limit=2{cursor}")).bearer(token).send().await.expect(200);
        rows.extend(page["data"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return rows,
        }
    }
}

#[tokio::test]
async fn a_statement_is_read_by_the_accounts_owner_newest_first() {
    let service = TestService::start(ledger::service()).await;
    let company_id = CompanyId::new();
    three_transfers(&service, company_id).await;
    let account_id = euros(AccountCode::CompanyPayable(company_id)).id();
    let path = format!("/api/ledger/accounts/{account_id}/statement");
    for caller in [CallerToken::default().member_of(company_id, CompanyRole::Staff), CallerToken::default().admin()] {
        let lines = pages(&service, &path, &service.token(&caller)).await;
        let read: Vec<_> =
            lines.iter().map(|line| json!([line["number"], line["credit"], line["balance_after"]])).collect();
        assert_eq!(read, [json!([3, 3, 6]), json!([2, 2, 3]), json!([1, 1, 1])]);
    }
    let stranger = service.token(&CallerToken::default().owner_of(CompanyId::new()));
    service.get(&path).bearer(&stranger).send().await.expect_problem(404, "not_found");
    service.get(&path).send().await.expect_problem(401, "authentication_required");
}

/// For the archive that auth makes: all of a person's accounts, and nobody else's.
#[tokio::test]
async fn a_persons_entries_are_handed_out_to_auth_alone() {
    let service = TestService::start(ledger::service()).await;
    let (ada, eve) = (CallerToken::default(), CallerToken::default());
    let poster = Poster::start(service.db.clone(), Books::new(service.clock.clone()));
    for (person, account, amount) in [
        (&ada, AccountCode::CustomerWallet(ada.user_id()), 1),
        (&ada, AccountCode::CustomerCredits(ada.user_id()), 2),
        (&ada, AccountCode::CustomerWallet(ada.user_id()), 3),
        (&eve, AccountCode::CustomerWallet(eve.user_id()), 4),
    ] {
        let legs = vec![Leg::debit(euros(AccountCode::Bank), amount), Leg::credit(euros(account), amount)];
        let source = format!("{}-{amount}", person.user_id());
        let draft = TransferDraft::new(TransferId::new(), TransferKind::Adjustment, source, NOW, legs).unwrap();
        poster.post(draft).await.unwrap();
    }
    let path = format!("/internal/users/{}/personal-data", ada.user_id());
    let entries = pages(&service, &path, &service.keys.service_token("auth", "ledger")).await;
    let mut read: Vec<_> = entries
        .iter()
        .map(|entry| (entry["account"].as_str().unwrap().rsplit(':').next().unwrap(), entry["credit"].as_i64()))
        .collect();
    read.sort_unstable();
    assert_eq!(read, [("credits", Some(2)), ("wallet", Some(1)), ("wallet", Some(3))]);
    assert!(entries.iter().all(|entry| entry["account"].as_str().unwrap().contains(&ada.user_id().to_string())));
    let token = service.keys.service_token("billing", "ledger");
    service.get(&path).bearer(&token).send().await.expect_problem(403, "service_not_allowed");
    service.get(&path).bearer(&service.token(&ada)).send().await.expect_problem(401, "invalid_token");
}

/// Nothing is lost when a company closes: who worked for it is nobody there any more, the platform sees what is left.
#[tokio::test]
async fn a_closed_companys_money_stays_and_administrators_see_it() {
    let service = TestService::start(ledger::service()).await;
    let company_id = CompanyId::new();
    three_transfers(&service, company_id).await;
    let (admin, before) = (CallerToken::default().admin(), CallerToken::default());
    let path = format!("/api/companies/{company_id}/balance");
    let balance = service.get(&path).bearer(&service.token(&admin)).send().await.expect(200);
    assert_eq!(balance["balances"], json!([company_balance("EUR", 0, 6)]));
    let statement = euros(AccountCode::CompanyPayable(company_id)).id();
    let statement = format!("/api/ledger/accounts/{statement}/statement");
    assert_eq!(pages(&service, &statement, &service.token(&admin)).await.len(), 3);
    for path in [&path, &statement] {
        service.get(path).bearer(&service.token(&before)).send().await.expect_problem(404, "not_found");
    }
    let settled = format!("/internal/companies/{company_id}/settlement");
    let settled = service.get(&settled).bearer(&service.keys.service_token("auth", "ledger")).send().await.expect(200);
    assert_eq!(settled["settled"], false, "and it cannot be closed while something is owed");
}

#[tokio::test]
async fn accounts_of_the_platform_are_not_there_for_others() {
    let service = TestService::start(ledger::service()).await;
    three_transfers(&service, CompanyId::new()).await;
    let caller = service.token(&CallerToken::default().owner_of(CompanyId::new()));
    for account_id in [euros(AccountCode::Bank).id(), AccountId::new()] {
        let path = format!("/api/ledger/accounts/{account_id}/statement");
        service.get(&path).bearer(&caller).send().await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn administrators_list_transfers_with_their_entries_and_by_source() {
    let service = TestService::start(ledger::service()).await;
    let company_id = CompanyId::new();
    three_transfers(&service, company_id).await;
    let admin = service.token(&CallerToken::default().admin());
    let path = "/api/admin/ledger/transfers";
    let all = pages(&service, path, &admin).await;
    let sources: Vec<_> = all.iter().map(|transfer| transfer["source"].as_str().unwrap()).collect();
    assert_eq!(sources, ["source-3", "source-2", "source-1"]);
    let second = pages(&service, &format!("{path}?source=source-2"), &admin).await;
    assert_eq!(second, [all[1].clone()]);
    let payable = euros(AccountCode::CompanyPayable(company_id));
    let entry = json!({
        "account_id": payable.id(), "account": payable.code().to_string(), "currency": "EUR",
        "debit": 0, "credit": 2, "balance_after": 3,
    });
    assert_eq!(second[0]["entries"][1], entry);
    assert!(pages(&service, &format!("{path}?source=%00"), &admin).await.is_empty());
    let owner = service.token(&CallerToken::default().owner_of(company_id));
    service.get(path).bearer(&owner).send().await.expect_problem(403, "admin_required");
    service.get(path).send().await.expect_problem(401, "authentication_required");
}

#[tokio::test]
async fn a_wrong_page_is_refused() {
    let service = TestService::start(ledger::service()).await;
    let admin = service.token(&CallerToken::default().admin());
    let statement = format!("/api/ledger/accounts/{}/statement", AccountId::new());
    for path in ["/api/admin/ledger/transfers", &statement] {
        for (query, code) in
            [("limit=0", "invalid_limit"), ("limit=101", "invalid_limit"), ("cursor=x", "invalid_cursor")]
        {
            service.get(&format!("{path}?{query}")).bearer(&admin).send().await.expect_problem(422, code);
        }
        service.get(&format!("{path}?sorce=x")).bearer(&admin).send().await.expect_problem(422, "invalid_query");
    }
}
