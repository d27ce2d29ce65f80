//! <https://docs.stripe.com/api/payment_intents/object>

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    payments::{IntentRow, holds::CaptureMethod},
    state::Sandbox,
};

pub fn intent(app: &Sandbox, row: &IntentRow) -> Value {
    let next_action = (row.status == "requires_action").then(|| redirect(app, row));
    let is_held = row.status == "requires_capture";
    let capture_method = match row.capture_method() {
        CaptureMethod::Automatic => "automatic_async",
        CaptureMethod::Manual => "manual",
    };
    let paid_with =
        row.latest_charge.as_deref().filter(|_| row.status == "succeeded" || is_held).map(payment_method_id);
    let paid_with = row.payment_method_id.clone().or(paid_with);
    json!({
        "id": row.id,
        "object": "payment_intent",
        "amount": row.amount,
        "amount_capturable": if is_held { row.amount } else { 0 },
        "amount_details": {"tip": {}},
        "amount_received": row.amount_received,
        "application": null,
        "application_fee_amount": null,
        "automatic_payment_methods": null,
        "canceled_at": row.canceled_at.map(|at| at.as_second()),
        "cancellation_reason": null,
        "capture_method": capture_method,
        "client_secret": client_secret(&row.id),
        "confirmation_method": "automatic",
        "created": row.created_at.as_second(),
        "currency": row.currency,
        "customer": row.customer_id,
        "customer_account": null,
        "description": row.description,
        "excluded_payment_method_types": row.excluded_methods,
        "last_payment_error": row.last_error,
        "latest_charge": row.latest_charge,
        "livemode": false,
        "managed_payments": {"enabled": false},
        "metadata": row.metadata,
        "next_action": next_action,
        "on_behalf_of": null,
        "payment_method": paid_with,
        "payment_method_configuration_details": null,
        "payment_method_options": {"card": {
            "installments": null, "mandate_options": null, "network": null, "request_three_d_secure": "automatic",
        }},
        "payment_method_types": if row.takes_debits { json!(["card", "sepa_debit"]) } else { json!(["card"]) },
        "processing": null,
        "receipt_email": null,
        "review": null,
        "setup_future_usage": null,
        "shipping": null,
        "source": null,
        "statement_descriptor": null,
        "statement_descriptor_suffix": null,
        "status": row.status,
        "transfer_data": null,
        "transfer_group": null,
    })
}

/// By what a client proves that it may confirm an intent. It cannot be told from the id without knowing how the sandbox makes it.
pub fn client_secret(id: &str) -> String {
    let digest = hex::encode(Sha256::digest(format!("client secret of {id}")));
    format!("{id}_secret_{}", digest.chars().take(24).collect::<String>())
}

/// What a client sees of an intent: nothing of the platform's.
pub fn client_intent(app: &Sandbox, row: &IntentRow) -> Value {
    let mut seen = intent(app, row);
    if let Some(fields) = seen.as_object_mut() {
        fields.retain(|name, _| !OURS.contains(&name.as_str()));
    }
    seen
}

const OURS: [&str; 10] = [
    "amount_received",
    "application",
    "application_fee_amount",
    "customer",
    "latest_charge",
    "metadata",
    "on_behalf_of",
    "review",
    "transfer_data",
    "transfer_group",
];

/// Where the customer confirms at the bank.
fn redirect(app: &Sandbox, row: &IntentRow) -> Value {
    let page = app.page_url(&row.session_id);
    json!({"type": "redirect_to_url", "redirect_to_url": {"url": format!("{page}/authenticate"), "return_url": page}})
}

/// A method is used for one charge and carries its name.
pub fn payment_method_id(charge_id: &str) -> String {
    format!("pm_{}", charge_id.trim_start_matches("ch_"))
}
