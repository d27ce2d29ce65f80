//! <https://docs.stripe.com/api/customers/object>, <https://docs.stripe.com/api/payment_methods/object>,
//! <https://docs.stripe.com/api/setup_intents/object>

use serde_json::{Value, json};

use super::{
    charge::{EXPIRY, no_billing_details},
    intent::client_secret,
};
use crate::payments::{
    IntentRow,
    cards::Card,
    methods::{CustomerRow, MethodRow},
};

pub fn customer(row: &CustomerRow) -> Value {
    json!({
        "id": row.id,
        "object": "customer",
        "address": null,
        "balance": 0,
        "created": row.created_at.as_second(),
        "currency": null,
        "default_source": null,
        "delinquent": false,
        "description": null,
        "discount": null,
        "email": row.email,
        "invoice_prefix": "SANDBOX",
        "invoice_settings": {
            "custom_fields": null, "default_payment_method": row.default_method, "footer": null, "rendering_options": null,
        },
        "livemode": false,
        "metadata": row.metadata,
        "name": null,
        "next_invoice_sequence": 1,
        "phone": null,
        "preferred_locales": [],
        "shipping": null,
        "tax_exempt": "none",
        "test_clock": null,
    })
}

pub fn deleted_customer(id: &str) -> Value {
    json!({"id": id, "object": "customer", "deleted": true})
}

pub fn payment_method(row: &MethodRow) -> Value {
    json!({
        "id": row.id,
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": no_billing_details(),
        "card": card(Card::by_name(&row.card)),
        "created": row.created_at.as_second(),
        "customer": row.customer_id,
        "customer_account": null,
        "livemode": false,
        "metadata": {},
        "type": "card",
    })
}

fn card(card: Option<&Card>) -> Value {
    let (exp_month, exp_year) = EXPIRY;
    let brand = card.map(|card| card.brand);
    json!({
        "brand": brand,
        "checks": {"address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass"},
        "country": "US",
        "display_brand": brand,
        "exp_month": exp_month,
        "exp_year": exp_year,
        "fingerprint": card.map(|card| format!("sandbox{}", card.name.replace('_', ""))),
        "funding": "credit",
        "generated_from": null,
        "last4": card.map(Card::last4),
        "networks": {"available": [brand], "preferred": null},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": true},
        "wallet": null,
    })
}

/// The intent of a session in which a method is given.
pub fn setup_intent(row: &IntentRow) -> Value {
    json!({
        "id": row.id,
        "object": "setup_intent",
        "application": null,
        "automatic_payment_methods": null,
        "cancellation_reason": null,
        "client_secret": client_secret(&row.id),
        "created": row.created_at.as_second(),
        "customer": row.customer_id,
        "customer_account": null,
        "description": null,
        "excluded_payment_method_types": null,
        "flow_directions": null,
        "last_setup_error": row.last_error,
        "latest_attempt": null,
        "livemode": false,
        "mandate": null,
        "metadata": row.metadata,
        "next_action": null,
        "on_behalf_of": null,
        "payment_method": row.payment_method_id,
        "payment_method_configuration_details": null,
        "payment_method_options": {"card": {
            "mandate_options": null, "network": null, "request_three_d_secure": "automatic",
        }},
        "payment_method_types": ["card"],
        "single_use_mandate": null,
        "status": row.status,
        "usage": "off_session",
    })
}
