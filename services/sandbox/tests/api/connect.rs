//! Stripe Connect as the platform's client meets it: accounts, onboarding, transfers and payouts that settle or fail.

use futures_util::future::join_all;
use jiff::SignedDuration;
use kernel::{CompanyId, Currency, Money, PayoutId};
use providers::{
    AccountRequest, AccountState, BankPayoutRequest, MovementKind, MovementsRequest, OnboardingRequest, PayoutProgress,
    PayoutProvider, ProviderError, ProviderEvent, ReversalRequest, TransferRequest,
};
use serde_json::json;

use crate::harness::{SUCCESS, TestSandbox};

fn payer(sandbox: &TestSandbox) -> &dyn PayoutProvider {
    sandbox.stripe.payouts().unwrap()
}

fn account_request(company_id: CompanyId) -> AccountRequest {
    AccountRequest {
        company_id,
        country: "DE".to_owned(),
        email: Some("otto@example.com".to_owned()),
        company_name: "Kellerklang GmbH".to_owned(),
        refusals: 0,
    }
}

/// The platform has 90 EUR, and a company an account that may receive.
pub async fn in_use(sandbox: &TestSandbox, bank: &str) -> AccountState {
    let (_, session) = sandbox.session().await;
    sandbox.complete(&session.provider_session_id, SUCCESS, json!({})).await;
    let company_id = CompanyId::new();
    payer(sandbox).create_account(account_request(company_id)).await.unwrap();
    let path = format!("/sandbox/accounts/{company_id}/onboard");
    assert_eq!(sandbox.post(&path).json(json!({"bank_account": bank})).send().await.status.as_u16(), 204);
    told_of_account(sandbox, company_id, true).await
}

async fn told_of_account(sandbox: &TestSandbox, company_id: CompanyId, enabled: bool) -> AccountState {
    let is_it = |state: &AccountState| state.company_id == Some(company_id) && state.payouts_enabled == enabled;
    let told = sandbox.told("the account", |event| match event {
        ProviderEvent::AccountUpdated(told) if is_it(&told.state) => Some(told.state.clone()),
        _ => None,
    });
    told.await
}

async fn told_of_payout(sandbox: &TestSandbox, payout_id: PayoutId, progress: PayoutProgress) -> String {
    let told = sandbox.told("the payout", |event| match event {
        ProviderEvent::PayoutUpdated(told) if told.payout_id == payout_id && told.state.progress == progress => {
            Some(told.clone())
        }
        _ => None,
    });
    told.await.provider_account_id.unwrap()
}

pub const PAYS: &str = "DE89 3704 0044 0532 0130 00";
const FAILS: &str = "DE62370400440532013001";

fn transfer(account: &AccountState, amount: i64) -> TransferRequest {
    TransferRequest {
        payout_id: PayoutId::new(),
        provider_account_id: account.provider_account_id.clone(),
        amount: Money::new(amount, Currency::EUR),
        refusals: 0,
        asked_before: false,
    }
}

fn payout(transfer: &TransferRequest) -> BankPayoutRequest {
    BankPayoutRequest {
        payout_id: transfer.payout_id,
        provider_account_id: transfer.provider_account_id.clone(),
        amount: transfer.amount,
        refusals: 0,
        asked_before: false,
    }
}

fn code(error: ProviderError) -> String {
    match error {
        ProviderError::InvalidRequest(failure) => failure.code,
        other => panic!("not a refusal: {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_once_and_of_use_after_onboarding() {
    let sandbox = TestSandbox::start().await;
    let company_id = CompanyId::new();
    let request = account_request(company_id);
    let account = payer(&sandbox).create_account(request.clone()).await.unwrap();
    assert_eq!(payer(&sandbox).create_account(request.clone()).await.unwrap(), account);
    assert_eq!((account.company_id, account.currency), (Some(request.company_id), Some(Currency::EUR)));
    assert!(!account.payouts_enabled && !account.transfers_enabled && !account.requirements_due.is_empty());
    let refused = payer(&sandbox).transfer(transfer(&account, 100)).await.unwrap_err();
    assert_eq!(code(refused), "insufficient_capabilities_for_transfer");

    let id = account.provider_account_id.clone();
    let way_back = |path: &str| format!("http://127.0.0.1:8080/{path}").parse().unwrap();
    let request = OnboardingRequest {
        provider_account_id: id.clone(),
        return_url: way_back("done"),
        refresh_url: way_back("again"),
    };
    let link = payer(&sandbox).create_onboarding_link(request).await.unwrap();
    let path = link.url.path().to_owned();
    let page = sandbox.get(&path).send().await;
    assert!(page.text.contains("DE89 3704 0044 0532 0130 00"), "{}", page.text);
    assert_eq!(sandbox.form(&path, "bank_account=DE00").send().await.status.as_u16(), 400);
    let done = sandbox.form(&path, "bank_account=DE89370400440532013000&verdict=enabled").send().await;
    assert_eq!(done.status.as_u16(), 303);
    assert!(told_of_account(&sandbox, company_id, true).await.requirements_due.is_empty());
    let account = payer(&sandbox).retrieve_account(&id).await.unwrap();
    assert!(account.payouts_enabled && account.transfers_enabled && account.details_submitted);
    assert_eq!(sandbox.get(&path).send().await.status.as_u16(), 303, "the page is good once");

    let restrict = json!({"outcome": "restricted"});
    sandbox.post(&format!("/sandbox/accounts/{id}/onboard")).json(restrict).send().await;
    let account = told_of_account(&sandbox, company_id, false).await;
    assert_eq!(account.disabled_reason.as_deref(), Some("requirements.past_due"));
}

#[tokio::test(flavor = "multi_thread")]
async fn money_goes_to_the_account_and_to_the_bank_and_arrives_after_two_days() {
    let sandbox = TestSandbox::start().await;
    let account = in_use(&sandbox, PAYS).await;
    let id = account.provider_account_id.clone();
    let wanted = transfer(&account, 4_000);
    let made = payer(&sandbox).transfer(wanted.clone()).await.unwrap();
    assert_eq!(payer(&sandbox).transfer(wanted.clone()).await.unwrap(), made, "the same key, the same transfer");
    let again = TransferRequest { refusals: 7, asked_before: true, ..wanted.clone() };
    assert_eq!(payer(&sandbox).transfer(again).await.unwrap(), made, "found under another key");
    let balance = payer(&sandbox).account_balance(&id).await.unwrap();
    assert_eq!(balance.available, [Money::new(4_000, Currency::EUR)]);

    let sent = payer(&sandbox).pay_out(payout(&wanted)).await.unwrap();
    assert_eq!((sent.progress, sent.amount.amount), (PayoutProgress::Pending, 4_000));
    let again = BankPayoutRequest { refusals: 7, asked_before: true, ..payout(&wanted) };
    assert_eq!(payer(&sandbox).pay_out(again).await.unwrap(), sent);
    assert_eq!(payer(&sandbox).account_balance(&id).await.unwrap().available[0].amount, 0);
    sandbox.advance(48 * 3_600 + 1).await;
    assert_eq!(told_of_payout(&sandbox, wanted.payout_id, PayoutProgress::Paid).await, id);
    let now = payer(&sandbox).retrieve_payout(&id, &sent.provider_payout_id).await.unwrap();
    assert_eq!(now.progress, PayoutProgress::Paid);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_bank_refuses_or_sends_back_lies_on_the_account_and_can_be_taken_back_once() {
    let sandbox = TestSandbox::start().await;
    for (bank, sends_back) in [(FAILS, false), (PAYS, true)] {
        let account = in_use(&sandbox, bank).await;
        let wanted = transfer(&account, 4_000);
        let made = payer(&sandbox).transfer(wanted.clone()).await.unwrap();
        payer(&sandbox).pay_out(payout(&wanted)).await.unwrap();
        let reversal = ReversalRequest { payout_id: wanted.payout_id, provider_transfer_id: made, refusals: 0 };
        assert_eq!(code(payer(&sandbox).reverse_transfer(reversal.clone()).await.unwrap_err()), "balance_insufficient");
        sandbox.advance(48 * 3_600 + 1).await;
        if sends_back {
            told_of_payout(&sandbox, wanted.payout_id, PayoutProgress::Paid).await;
            let path = format!("/sandbox/payouts/{}/settle", wanted.payout_id);
            let settle = || sandbox.post(&path).json(json!({"outcome": "failed"})).send();
            assert_eq!(settle().await.status.as_u16(), 204);
            settle().await.expect_problem(409, "already_settled");
        }
        told_of_payout(&sandbox, wanted.payout_id, PayoutProgress::Failed).await;
        let again = ReversalRequest { refusals: 1, ..reversal };
        let reversed = payer(&sandbox).reverse_transfer(again.clone()).await.unwrap();
        assert_eq!(payer(&sandbox).reverse_transfer(again).await.unwrap(), reversed);
        let left = payer(&sandbox).account_balance(&account.provider_account_id).await.unwrap();
        assert_eq!(left.available[0].amount, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_never_transfers_and_an_account_never_pays_out_more_than_there_is() {
    let sandbox = TestSandbox::start().await;
    let account = in_use(&sandbox, PAYS).await;
    let made = join_all((0..20).map(|_| payer(&sandbox).transfer(transfer(&account, 1_000)))).await;
    let (done, refused): (Vec<_>, Vec<_>) = made.into_iter().partition(Result::is_ok);
    assert_eq!(done.len(), 9, "of 90 EUR");
    assert!(refused.into_iter().all(|answer| code(answer.unwrap_err()) == "balance_insufficient"));
    let too_much = payout(&transfer(&account, 9_001));
    assert_eq!(code(payer(&sandbox).pay_out(too_much).await.unwrap_err()), "balance_insufficient");
    let dollars = TransferRequest { amount: Money::new(100, "USD".parse().unwrap()), ..transfer(&account, 1) };
    assert!(matches!(payer(&sandbox).transfer(dollars).await, Err(ProviderError::InvalidRequest(_))));
    let unknown = TransferRequest { provider_account_id: "acct_unknown".to_owned(), ..transfer(&account, 1) };
    assert!(matches!(payer(&sandbox).transfer(unknown).await, Err(ProviderError::NotFound(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_moved_is_listed_with_our_ids_page_by_page_and_sums_to_the_balance() {
    let sandbox = TestSandbox::start().await;
    let account = in_use(&sandbox, PAYS).await;
    let (kept, back) = (transfer(&account, 1_000), transfer(&account, 2_000));
    payer(&sandbox).transfer(kept.clone()).await.unwrap();
    let provider_transfer_id = payer(&sandbox).transfer(back.clone()).await.unwrap();
    let reversal = ReversalRequest { payout_id: back.payout_id, provider_transfer_id, refusals: 0 };
    payer(&sandbox).reverse_transfer(reversal).await.unwrap();
    let now = sandbox.platform.clock.now();
    let hour = SignedDuration::from_hours(1);
    let request = MovementsRequest { from: now - hour, to: now + hour, after: None };
    let statement = sandbox.stripe.statement().unwrap();
    let page = statement.list_movements(request.clone()).await.unwrap();
    let mut found: Vec<_> = page
        .movements
        .iter()
        .map(|moved| (moved.kind.as_str(), moved.reference.clone(), moved.amount.amount))
        .collect();
    let charge = found.iter().position(|(kind, ..)| *kind == MovementKind::Charge.as_str()).unwrap();
    let (_, payment_id, amount) = found.remove(charge);
    assert_eq!((payment_id.is_some_and(|id| id.starts_with("pay_")), amount), (true, 9_000));
    found.sort_unstable();
    let (kept, back) = (Some(kept.payout_id.to_string()), Some(back.payout_id.to_string()));
    let mut wanted = vec![("payout", kept, -1_000), ("payout", back.clone(), -2_000), ("payout_return", back, 2_000)];
    wanted.sort_unstable();
    assert_eq!((found, page.next), (wanted, None));
    let balance = sandbox.get("/stripe/v1/balance").bearer("sk_test_1").send().await.expect(200);
    assert_eq!(balance["available"][0]["amount"], 8_000);

    // Page by page nothing is lost or told twice, and another span has nothing.
    let (mut after, mut ids) = (String::new(), Vec::new());
    for _ in 0..4 {
        let path = format!("/stripe/v1/balance_transactions?limit=1{after}");
        let page = sandbox.get(&path).bearer("sk_test_1").send().await.expect(200);
        let id = page["data"][0]["id"].as_str().unwrap().to_owned();
        after = format!("&starting_after={id}");
        ids.push(id);
        assert_eq!(page["has_more"], ids.len() < 4);
    }
    let listed: Vec<String> = page.movements.iter().map(|moved| moved.id.clone()).collect();
    assert_eq!(ids, listed);
    let earlier = MovementsRequest { from: now - hour * 2, to: now - hour, after: None };
    assert_eq!(statement.list_movements(earlier).await.unwrap().movements, []);
}
