//! <https://docs.stripe.com/api/charges/object>

use serde_json::{Value, json};

use super::intent::payment_method_id;
use crate::payments::{
    ChargeRow,
    cards::{Answer, Card, Decline},
    debits::Account,
    holds::HELD_FOR,
};

/// Cards of the sandbox are valid until the end of this month.
pub const EXPIRY: (i64, i64) = (12, 2049);

pub fn charge(row: &ChargeRow) -> Value {
    let is_captured = row.captured_at.is_some();
    let amount_refunded = row.amount_refunded + released(row);
    let decline = decline_of(row);
    json!({
        "id": row.id,
        "object": "charge",
        "amount": row.amount,
        "amount_captured": row.amount_captured,
        "amount_refunded": amount_refunded,
        "application": null,
        "application_fee": null,
        "application_fee_amount": null,
        "balance_transaction": null,
        "billing_details": no_billing_details(),
        "calculated_statement_descriptor": "ROOMTONE SANDBOX",
        "captured": is_captured,
        "created": row.created_at.as_second(),
        "currency": row.currency,
        "customer": null,
        "description": row.description,
        "disputed": false,
        "failure_balance_transaction": null,
        "failure_code": decline.map(|decline| decline.code),
        "failure_message": decline.map(|decline| decline.message),
        "fraud_details": {},
        "livemode": false,
        "metadata": row.metadata,
        "on_behalf_of": null,
        "outcome": outcome(decline),
        "paid": is_paid(row),
        "payment_intent": row.intent_id,
        "payment_method": payment_method_id(&row.id),
        "payment_method_details": method_details(row),
        "receipt_email": null,
        "receipt_number": null,
        "receipt_url": null,
        "refunded": amount_refunded == row.amount,
        "review": null,
        "shipping": null,
        "source": null,
        "source_transfer": null,
        "statement_descriptor": null,
        "statement_descriptor_suffix": null,
        "status": row.status,
        "transfer_data": null,
        "transfer_group": null,
    })
}

fn is_paid(row: &ChargeRow) -> bool {
    row.status == "succeeded"
}

/// What was held and not taken has been let go of.
fn released(row: &ChargeRow) -> i64 {
    if row.captured_at.is_some() { row.amount - row.amount_captured } else { 0 }
}

/// Why it failed, where it did.
fn decline_of(row: &ChargeRow) -> Option<Decline> {
    let decline = match Account::by_name(&row.card) {
        Some(account) => account.failure,
        None => Card::by_name(&row.card).and_then(|card| match card.answer {
            Answer::Declines(decline) | Answer::DeclinesCharges(decline) => Some(decline),
            _ => None,
        }),
    };
    decline.filter(|_| !is_paid(row))
}

/// Nobody is asked for them.
pub fn no_billing_details() -> Value {
    json!({
        "address": {
            "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null,
        },
        "email": null,
        "name": null,
        "phone": null,
        "tax_id": null,
    })
}

fn outcome(decline: Option<Decline>) -> Value {
    let (kind, network_status, seller_message) = match decline {
        Some(_) => ("issuer_declined", "declined_by_network", "The bank declined the payment."),
        None => ("authorized", "approved_by_network", "Payment complete."),
    };
    json!({
        "advice_code": null,
        "network_advice_code": null,
        "network_decline_code": null,
        "network_status": network_status,
        "reason": decline.and_then(|decline| decline.decline_code),
        "seller_message": seller_message,
        "type": kind,
    })
}

fn method_details(row: &ChargeRow) -> Value {
    match Account::by_name(&row.card) {
        Some(account) => json!({"sepa_debit": debit_details(account), "type": "sepa_debit"}),
        None => json!({"card": card_details(row, Card::by_name(&row.card)), "type": "card"}),
    }
}

fn debit_details(account: &Account) -> Value {
    json!({
        "bank_code": account.bank_code,
        "branch_code": "",
        "country": account.country,
        "expected_debit_date": null,
        "fingerprint": format!("sandbox{}", account.name.replace('_', "")),
        "last4": account.last4(),
        "mandate": format!("mandate_{}", account.name.replace('_', "")),
    })
}

fn card_details(row: &ChargeRow, card: Option<&Card>) -> Value {
    let (exp_month, exp_year) = EXPIRY;
    let was_held = is_paid(row) && row.captured_at != Some(row.created_at);
    json!({
        "amount_authorized": row.amount,
        "authorization_code": null,
        "brand": card.map(|card| card.brand),
        "capture_before": was_held.then(|| (row.created_at + HELD_FOR).as_second()),
        "checks": {"address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass"},
        "country": "US",
        "exp_month": exp_month,
        "exp_year": exp_year,
        "extended_authorization": {"status": "disabled"},
        "fingerprint": card.map(|card| format!("sandbox{}", card.name.replace('_', ""))),
        "funding": "credit",
        "incremental_authorization": {"status": "unavailable"},
        "installments": null,
        "last4": card.map(Card::last4),
        "mandate": null,
        "multicapture": {"status": "unavailable"},
        "network": card.map(|card| card.brand),
        "network_token": {"used": false},
        "network_transaction_id": null,
        "overcapture": {"maximum_amount_capturable": row.amount, "status": "unavailable"},
        "regulated_status": "unregulated",
        "three_d_secure": row.authenticated.then(three_d_secure),
        "transaction_link_id": null,
        "wallet": null,
    })
}

fn three_d_secure() -> Value {
    json!({
        "authentication_flow": "challenge",
        "electronic_commerce_indicator": "05",
        "exemption_indicator": null,
        "result": "authenticated",
        "result_reason": null,
        "transaction_id": null,
        "version": "2.2.0",
    })
}
