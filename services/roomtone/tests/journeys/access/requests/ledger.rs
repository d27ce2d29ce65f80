//! The book of record.

use kernel::{CreditGrantId, PayoutId, TransferId};
use serde_json::{Value, json};

use crate::access::{
    call::Call,
    check::Case,
    identity::{Identity, Owner},
    world::{World, text},
};

pub async fn call(case: &Case<'_>) -> Option<Call> {
    let (world, things) = (case.world, &case.world.things);
    let company_id = world.scene.company_id.as_str();
    Some(match case.row.operation {
        "GET /api/admin/ledger/actions"
        | "GET /api/admin/ledger/adjustments"
        | "GET /api/admin/ledger/periods"
        | "GET /api/admin/ledger/reconciliation"
        | "GET /api/admin/ledger/transfers"
        | "GET /api/admin/ledger/trial-balance"
        | "GET /api/credits"
        | "GET /api/credits/grants"
        | "GET /api/user/available-balance"
        | "GET /api/wallets/me" => Call::plain(),
        "GET /api/admin/ledger/export" => Call::query("month=2027-03".to_owned()),
        "POST /api/admin/ledger/periods" => {
            // Each later than the one before, and all long ago.
            let days = world.slot_number();
            let through = jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(24 * days);
            Call::json(json!({"through": through, "reason": "Filed"}))
        }
        "POST /api/admin/ledger/exchanges" => Call::json(json!({
            "reference": format!("fx {}", kernel::new_uuid()), "exchanged_at": "2026-01-01T00:00:00Z",
            "from": {"account": "assets:bank", "amount": {"amount": 1, "currency": "EUR"}},
            "to": {"account": "assets:bank", "amount": {"amount": 160, "currency": "JPY"}},
        })),
        "POST /api/admin/ledger/adjustments" => Call::json(correction()),
        "POST /api/admin/ledger/adjustments/{adjustment_id}/approve"
        | "POST /api/admin/ledger/adjustments/{adjustment_id}/reject" => Call::at([&proposal(world).await]),
        "POST /api/admin/ledger/reconciliation" => Call::json(comparison()),
        "GET /api/admin/ledger/reconciliation/{reconciliation_id}"
        | "GET /api/admin/ledger/reconciliation/{reconciliation_id}/findings" => {
            let report = world.post(&world.scene.admin, "/api/admin/ledger/reconciliation", comparison()).await;
            Call::at([text(&report["id"])])
        }
        "GET /api/companies/{company_id}/balance" | "GET /internal/companies/{company_id}/settlement" => {
            Call::at([company_id])
        }
        "GET /api/ledger/accounts" => Call::query(format!("company_id={company_id}")),
        "GET /api/ledger/accounts/{account_id}/balance"
        | "GET /api/ledger/accounts/{account_id}/statement"
        | "GET /api/ledger/accounts/{account_id}/statement/export" => Call::at([&things.account_id]),
        "GET /api/wallets/{wallet_id}/entries" => {
            grant(world).await;
            let credits = world.scene.customer.get(&world.platform, "/api/credits").send().await.expect(200);
            Call::at([text(&credits["credits"][0]["wallet_id"])])
        }
        _ => return internal(case).await,
    })
}

async fn internal(case: &Case<'_>) -> Option<Call> {
    let world = case.world;
    Some(match case.row.operation {
        "POST /internal/credits/grants" => Call::json(credits(world)),
        "POST /internal/credits/grants/{grant_id}/take-back" => Call::at([&grant(world).await]),
        "POST /internal/credits/spends" => {
            grant(world).await;
            Call::json(spend(world))
        }
        "POST /internal/credits/spends/{spend_id}/capture" | "POST /internal/credits/spends/{spend_id}/void" => {
            grant(world).await;
            let spend = spend(world);
            post(world, "/internal/credits/spends", spend.clone()).await;
            Call::at([text(&spend["id"])])
        }
        "GET /internal/companies/{company_id}/payables" => Call::at([world.scene.company_id.as_str()]),
        "POST /internal/payouts" => {
            let payout = payout(world).await;
            Call::json(payout)
        }
        "POST /internal/payout-returns" => {
            let payout = payout(world).await;
            post(world, "/internal/payouts", payout.clone()).await;
            post(world, &format!("/internal/payouts/{}/capture", text(&payout["id"])), Value::Null).await;
            Call::json(payout)
        }
        "POST /internal/payouts/{payout_id}/capture" | "POST /internal/payouts/{payout_id}/void" => {
            let payout = payout(world).await;
            post(world, "/internal/payouts", payout.clone()).await;
            Call::at([text(&payout["id"])])
        }
        "POST /internal/reconciliation/balance-transactions" => Call::json(json!({
            "provider": "stripe",
            "transactions": [{
                "id": format!("txn_{}", kernel::new_uuid().simple()), "class": "charge", "currency": "EUR", "amount": 1,
                "occurred_at": "2027-03-01T00:00:00Z",
            }],
        })),
        "POST /internal/transfers" => Call::json(transfers(world, TransferId::new())),
        "GET /internal/transfers/{transfer_id}" => {
            let id = TransferId::new();
            post(world, "/internal/transfers", transfers(world, id)).await;
            Call::at([&id.to_string()])
        }
        "POST /internal/transfers/about" => Call::json(json!({"subjects": [world.things.payment_id]})),
        "GET /internal/turnover" => Call::query("from=2027-03-01T00:00:00Z&to=2027-04-01T00:00:00Z".to_owned()),
        _ => return None,
    })
}

/// As billing asks the ledger.
async fn post(world: &World, path: &str, body: Value) {
    let token = world.tokens.of("billing", "ledger").expect("billing may call the ledger");
    let url = format!("{}{path}", world.direct("ledger"));
    let answer = world.platform.client.post(url).bearer_auth(token).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap_or_default());
}

fn correction() -> Value {
    json!({
        "reason": "The bank kept a cent",
        "legs": [
            {"account": "expense:provider_fees", "currency": "EUR", "debit": 1},
            {"account": "assets:bank", "currency": "EUR", "credit": 1},
        ],
    })
}

/// A correction that somebody else than the administrator has proposed.
async fn proposal(world: &World) -> String {
    let other = world.stand_in(Identity::Admin, &Owner::Nobody).await;
    text(&world.post(&other, "/api/admin/ledger/adjustments", correction()).await["id"]).to_owned()
}

fn comparison() -> Value {
    json!({"provider": "stripe", "from": "2027-03-01T00:00:00Z", "to": "2027-03-02T00:00:00Z"})
}

fn credits(world: &World) -> Value {
    json!({
        "id": CreditGrantId::new(), "user_id": world.scene.customer.id, "currency": "EUR", "amount": 10,
        "origin": "goodwill", "source": "test",
    })
}

async fn grant(world: &World) -> String {
    let credits = credits(world);
    post(world, "/internal/credits/grants", credits.clone()).await;
    text(&credits["id"]).to_owned()
}

fn spend(world: &World) -> Value {
    json!({
        "id": TransferId::new(), "user_id": world.scene.customer.id, "currency": "EUR", "amount": 1, "source": "test",
    })
}

/// Into what the company can have paid out.
fn transfers(world: &World, id: TransferId) -> Value {
    let payable = format!("liabilities:company:{}:payable", world.scene.company_id);
    json!({
        "mode": "whole",
        "transfers": [{
            "id": id, "kind": "adjustment", "source": "test", "effective_at": "2027-03-01T00:00:00Z",
            "action": {"type": "post", "legs": [
                {"account": "assets:bank", "currency": "EUR", "debit": 100_000},
                {"account": payable, "currency": "EUR", "credit": 100_000},
            ]},
        }],
    })
}

/// The company can have another euro paid out, whatever it owes of money from its desk.
pub async fn earn(world: &World) {
    post(world, "/internal/transfers", transfers(world, TransferId::new())).await;
}

async fn payout(world: &World) -> Value {
    earn(world).await;
    json!({
        "id": PayoutId::new(), "company_id": world.scene.company_id, "provider": "stripe",
        "amount": {"amount": 100, "currency": "EUR"},
    })
}
