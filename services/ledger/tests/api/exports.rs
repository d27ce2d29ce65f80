//! Files for people who keep books elsewhere.

use kernel::{CompanyId, Currency, TransferId};
use ledger::{
    accounts::AccountCode,
    transfers::{Books, Leg, Poster, TransferDraft, TransferKind},
};
use testkit::{CallerToken, TestService};

use crate::support::euros;

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
