//! <https://docs.stripe.com/api/accounts/object>, <https://docs.stripe.com/api/account_links/object>,
//! <https://docs.stripe.com/api/balance/balance_object>

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    connect::{AccountRow, store::LinkRow},
    state::Sandbox,
};

/// What Stripe asks of a company that has told nothing yet.
const FIRST_QUESTIONS: [&str; 4] =
    ["business_profile.mcc", "external_account", "representative.first_name", "tos_acceptance.date"];

/// What it asks of one whose papers it does not accept.
const MISSING_PAPER: [&str; 1] = ["representative.verification.document"];

pub fn account(row: &AccountRow) -> Value {
    let enabled = row.is_enabled();
    let status = if enabled { "active" } else { "inactive" };
    let due = questions(row);
    json!({
        "id": row.id,
        "object": "account",
        "business_profile": business_profile(row),
        "business_type": row.details_submitted.then_some("company"),
        "capabilities": {"card_payments": status, "transfers": status},
        "charges_enabled": enabled,
        "controller": {
            "fees": {"payer": "application"},
            "is_controller": true,
            "losses": {"payments": "application"},
            "requirement_collection": "stripe",
            "stripe_dashboard": {"type": "express"},
            "type": "application",
        },
        "country": row.country,
        "created": row.created_at.as_second(),
        "default_currency": row.currency,
        "details_submitted": row.details_submitted,
        "email": row.email,
        "external_accounts": {
            "object": "list", "data": [], "has_more": false,
            "url": format!("/v1/accounts/{}/external_accounts", row.id),
        },
        "future_requirements": requirements(&[], None),
        "metadata": row.metadata,
        "payouts_enabled": enabled,
        "requirements": requirements(due, row.disabled_reason.as_deref()),
        "settings": settings(row),
        "tos_acceptance": {"date": null, "ip": null, "user_agent": null},
        "type": "express",
    })
}

fn questions(row: &AccountRow) -> &'static [&'static str] {
    match (row.details_submitted, row.disabled_reason.is_some()) {
        (false, _) => &FIRST_QUESTIONS,
        (true, true) => &MISSING_PAPER,
        (true, false) => &[],
    }
}

fn business_profile(row: &AccountRow) -> Value {
    json!({
        "annual_revenue": null,
        "estimated_worker_count": null,
        "mcc": null,
        "minority_owned_business_designation": null,
        "name": row.company_name,
        "product_description": null,
        "support_address": null,
        "support_email": null,
        "support_phone": null,
        "support_url": null,
        "url": null,
    })
}

fn requirements(due: &[&str], disabled_reason: Option<&str>) -> Value {
    json!({
        "alternatives": [],
        "current_deadline": null,
        "currently_due": due,
        "disabled_reason": disabled_reason,
        "errors": [],
        "eventually_due": due,
        "past_due": if disabled_reason.is_some() { due } else { &[] },
        "pending_verification": [],
    })
}

/// The platform has asked for payouts by its own hand only.
fn settings(row: &AccountRow) -> Value {
    json!({
        "bacs_debit_payments": {"display_name": null, "service_user_number": null},
        "branding": {"icon": null, "logo": null, "primary_color": null, "secondary_color": null},
        "card_issuing": {"tos_acceptance": {"date": null, "ip": null}},
        "card_payments": {
            "decline_on": {"avs_failure": false, "cvc_failure": false},
            "statement_descriptor_prefix": null,
            "statement_descriptor_prefix_kana": null,
            "statement_descriptor_prefix_kanji": null,
        },
        "dashboard": {"display_name": null, "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": null, "hosted_payment_method_save": null},
        "payments": {
            "statement_descriptor": null,
            "statement_descriptor_kana": null,
            "statement_descriptor_kanji": null,
            "statement_descriptor_prefix_kana": null,
            "statement_descriptor_prefix_kanji": null,
        },
        "payouts": {
            "debit_negative_balances": true,
            "schedule": {"delay_days": 2, "interval": row.payout_schedule},
            "statement_descriptor": null,
        },
        "sepa_debit_payments": {},
    })
}

pub fn account_link(app: &Sandbox, now: Timestamp, row: &LinkRow) -> Value {
    json!({
        "object": "account_link",
        "created": now.as_second(),
        "expires_at": row.expires_at.as_second(),
        "url": app.page_url(&format!("onboarding/{}", row.token)),
    })
}

/// Everything is available at once.
pub fn balance(amounts: &[(String, i64)]) -> Value {
    let amount = |(currency, amount): &(String, i64)| json!({"amount": amount, "currency": currency, "source_types": {"card": amount}});
    let nothing =
        |(currency, _): &(String, i64)| json!({"amount": 0, "currency": currency, "source_types": {"card": 0}});
    json!({
        "object": "balance",
        "available": amounts.iter().map(amount).collect::<Vec<_>>(),
        "connect_reserved": amounts
            .iter()
            .map(|(currency, _)| json!({"amount": 0, "currency": currency}))
            .collect::<Vec<_>>(),
        "livemode": false,
        "pending": amounts.iter().map(nothing).collect::<Vec<_>>(),
    })
}
