//! Files for people who keep books elsewhere.

use kernel::{CompanyId, Currency, TransferId};
use ledger::{
    accounts::AccountCode,
    transfers::{Books, Leg, Poster, TransferDraft, TransferKind},
};
use testkit::{CallerToken, TestService, pdf_pages};

use crate::support::{NOW, euros};

struct Scene {
    service: TestService,
    company_id: CompanyId,
    transfer_id: TransferId,
}

/// A payment of 107.10 EUR that is split, in March; and one in yen that took effect in February.
async fn scene() -> Scene {
    let service = TestService::start(ledger::service()).await;
    let (company_id, transfer_id) = (CompanyId::new(), TransferId::new());
    let poster = Poster::start(service.db.clone(), Books::new(service.clock.clone()));
    let legs = vec![
        Leg::debit(euros(AccountCode::Unallocated), 10_710),
        Leg::credit(euros(AccountCode::CompanyPending(company_id)), 9_639),
        Leg::credit(euros(AccountCode::Commission), 900),
        Leg::credit(euros(AccountCode::Tax("DE".parse().unwrap())), 171),
    ];
    let at = "2027-03-01T08:00:00Z".parse().unwrap();
    let split = TransferDraft::new(transfer_id, TransferKind::PaymentAllocated, "pay_1", at, legs).unwrap();
    let legs = vec![
        Leg::debit(AccountCode::Bank.in_currency(Currency::JPY), 700),
        Leg::credit(AccountCode::Unallocated.in_currency(Currency::JPY), 700),
    ];
    let before = "2027-02-28T23:59:59.999999Z".parse().unwrap();
    let yen = TransferDraft::new(TransferId::new(), TransferKind::Adjustment, "pay_2", before, legs).unwrap();
    for draft in [split, yen] {
        poster.post(draft).await.unwrap();
    }
    Scene { service, company_id, transfer_id }
}

#[tokio::test]
async fn a_month_is_exported_as_a_journal_by_effective_date() {
    let scene = scene().await;
    let admin = scene.service.token(&CallerToken::default().admin());
    let get = async |month: &str| {
        let path = format!("/api/admin/ledger/export?month={month}");
        scene.service.get(&path).bearer(&admin).send().await
    };
    let march = get("2027-03").await;
    assert_eq!(march.status, 200);
    assert_eq!(march.headers["content-type"], "text/csv; charset=utf-8");
    assert_eq!(march.headers["content-disposition"], "attachment; filename=\"ledger-2027-03.csv\"");
    let lines: Vec<&str> = march.text.split("\r\n").collect();
    let (company, id) = (scene.company_id, scene.transfer_id);
    assert_eq!(
        lines[0],
        "date,amount,currency,debit_account,credit_account,document,text,debit_code,credit_code,transfer_id,recorded_at"
    );
    let share = format!(
        "2027-03-01,96.39,EUR,1590,1700,pay_1,payment_allocated,liabilities:unallocated,\
         liabilities:company:{company}:pending,{id},"
    );
    assert!(lines[1].starts_with(&share), "{}", lines[1]);
    assert!(lines[2].starts_with("2027-03-01,9.00,EUR,1590,8510,"), "{}", lines[2]);
    assert!(lines[3].starts_with("2027-03-01,1.71,EUR,1590,1776,"), "{}", lines[3]);
    assert_eq!(lines.len(), 5, "a header, three lines and the end");
    let february = get("2027-02").await;
    assert!(february.text.contains("2027-02-28,700,JPY,1200,1590,pay_2,adjustment,"), "{}", february.text);
    assert_eq!(get("2027-01").await.text, "");
    for bad in ["2027-13", "2027", "now", ""] {
        get(bad).await.expect_problem(422, "invalid_month");
    }
    let owner = scene.service.token(&CallerToken::default().owner_of(company));
    let path = "/api/admin/ledger/export?month=2027-03";
    scene.service.get(path).bearer(&owner).send().await.expect_problem(403, "admin_required");
    let trail = scene.service.get("/api/admin/ledger/actions?subject=2027-03").bearer(&admin).send().await.expect(200);
    assert_eq!(trail["data"][0]["action"], "month_exported");
}

#[tokio::test]
async fn a_statement_is_exported_oldest_line_first() {
    let scene = scene().await;
    let account = euros(AccountCode::CompanyPending(scene.company_id)).id();
    let path = format!("/api/ledger/accounts/{account}/statement/export");
    let owner = scene.service.token(&CallerToken::default().owner_of(scene.company_id));
    let file = scene.service.get(&path).bearer(&owner).send().await;
    assert_eq!(file.status, 200);
    let lines: Vec<&str> = file.text.split("\r\n").collect();
    assert_eq!(lines[0], "number,effective_at,recorded_at,kind,source,debit,credit,balance,currency,transfer_id");
    assert!(lines[1].starts_with("1,2027-03-01T08:00:00Z,2027-03-01T09:"), "{}", lines[1]);
    assert!(lines[1].contains(",payment_allocated,pay_1,0.00,96.39,96.39,EUR,trf_"), "{}", lines[1]);
    let stranger = scene.service.token(&CallerToken::default());
    scene.service.get(&path).bearer(&stranger).send().await.expect_problem(404, "not_found");
    scene.service.get(&format!("{path}?from=x")).bearer(&owner).send().await.expect_problem(422, "invalid_query");
}

/// So many transfers of 1.01 EUR into a company's payable account.
async fn many(service: &TestService, company_id: CompanyId, count: usize) {
    let poster = Poster::start(service.db.clone(), Books::new(service.clock.clone()));
    let payable = euros(AccountCode::CompanyPayable(company_id));
    let drafts = (1..=count).map(|number| {
        let legs = vec![Leg::debit(euros(AccountCode::Bank), 101), Leg::credit(payable.clone(), 101)];
        TransferDraft::new(TransferId::new(), TransferKind::Adjustment, format!("source-{number}"), NOW, legs).unwrap()
    });
    poster.post_all(drafts.collect()).await.unwrap();
}

#[tokio::test]
async fn a_statement_is_printed_with_every_line_and_the_balances_before_and_after() {
    let service = TestService::start(ledger::service()).await;
    let company_id = CompanyId::new();
    many(&service, company_id, 150).await;
    service.advance_secs(60).await;
    let between = service.now();
    many(&service, company_id, 2).await;
    let account = euros(AccountCode::CompanyPayable(company_id));
    let path = format!("/api/ledger/accounts/{}/statement/export?format=pdf", account.id());
    let owner = service.token(&CallerToken::default().owner_of(company_id));
    let printed = service.get(&path).bearer(&owner).send().await;
    assert_eq!(printed.status, 200, "{}", printed.text);
    assert_eq!(printed.headers["content-type"], "application/pdf");
    assert_eq!(printed.headers["content-disposition"], "attachment; filename=\"statement.pdf\"");
    let pages = pdf_pages(&printed.body);
    assert!((3..=6).contains(&pages.len()), "{}", pages.len());
    let lines: Vec<&String> = pages.iter().flatten().collect();
    let sources: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("source-")).collect();
    let numbers = (1..=150).chain(1..=2).map(|number| number.to_string());
    assert_eq!(sources, numbers.collect::<Vec<_>>());
    for text in [account.code().to_string().as_str(), "0.00 EUR", "151.50", "153.52 EUR"] {
        assert!(lines.iter().any(|line| *line == text), "{text}: {lines:?}");
    }
    // From the 151st line on: what was there before is the opening balance.
    let later = service.get(&format!("{path}&from={between}")).bearer(&owner).send().await;
    let pages = pdf_pages(&later.body);
    assert_eq!(pages.len(), 1);
    for text in ["151.50 EUR", "2.02 EUR", "153.52 EUR"] {
        assert!(pages[0].iter().any(|line| line == text), "{text}: {pages:?}");
    }
    let nothing = service.get(&format!("{path}&to={between}&from={between}")).bearer(&owner).send().await;
    let pages = pdf_pages(&nothing.body);
    assert_eq!(pages[0].iter().filter(|line| *line == "151.50 EUR").count(), 2, "{pages:?}");
}

#[tokio::test]
async fn a_printed_statement_is_for_who_may_read_the_account_and_has_bounds() {
    let service = TestService::start(ledger::service()).await;
    let company_id = CompanyId::new();
    for _ in 0..3 {
        many(&service, company_id, 667).await;
    }
    let account = euros(AccountCode::CompanyPayable(company_id)).id();
    let path = format!("/api/ledger/accounts/{account}/statement/export");
    let owner = service.token(&CallerToken::default().owner_of(company_id));
    let get = async |query: &str, token: &str| service.get(&format!("{path}?{query}")).bearer(token).send().await;
    get("format=pdf", &owner).await.expect_problem(422, "statement_too_long");
    let file = get("format=csv", &owner).await;
    assert_eq!(file.text.lines().count(), 2_002, "a CSV file takes more");
    get("format=doc", &owner).await.expect_problem(422, "invalid_query");
    let stranger = service.token(&CallerToken::default().owner_of(CompanyId::new()));
    get("format=pdf", &stranger).await.expect_problem(404, "not_found");
    service.get(&format!("{path}?format=pdf")).send().await.expect_problem(401, "authentication_required");
}
