//! <https://docs.stripe.com/api/checkout/sessions/object>

use serde_json::{Value, json};

use crate::{
    payments::{SessionRow, sessions::Mode},
    state::Sandbox,
};

pub fn session(app: &Sandbox, row: &SessionRow) -> Value {
    let complete = row.status == "complete";
    let url = (row.status == "open").then(|| app.page_url(&row.id));
    let is_setup = row.mode() == Mode::Setup;
    let payment_status = match (is_setup, complete) {
        (true, _) => "no_payment_required",
        // What is held is not paid yet.
        (false, true) if row.capture_method == "manual" => "unpaid",
        (false, true) => "paid",
        (false, false) => "unpaid",
    };
    let amount = Some(row.amount).filter(|_| !is_setup);
    let (setup_intent, payment_intent) =
        if is_setup { (row.intent_id.as_deref(), None) } else { (None, row.intent_id.as_deref()) };
    let mut object = constant();
    let told = json!({
        "id": row.id,
        "amount_subtotal": amount,
        "amount_total": amount,
        "cancel_url": row.cancel_url,
        "client_reference_id": row.client_reference_id,
        "created": row.created_at.as_second(),
        "currency": row.currency,
        "customer": row.customer_id,
        "customer_details": complete.then(|| customer_details(row)),
        "customer_email": row.customer_email,
        "expires_at": row.expires_at.as_second(),
        "metadata": row.metadata,
        "mode": if is_setup { "setup" } else { "payment" },
        "payment_intent": payment_intent,
        "payment_status": payment_status,
        "setup_intent": setup_intent,
        "status": row.status,
        "success_url": row.success_url,
        "url": url,
    });
    if let (Some(object), Value::Object(told)) = (object.as_object_mut(), told) {
        object.extend(told);
    }
    object
}

fn customer_details(row: &SessionRow) -> Value {
    json!({
        "address": {
            "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null,
        },
        "business_name": null,
        "email": row.customer_email,
        "individual_name": null,
        "name": null,
        "phone": null,
        "tax_exempt": "none",
        "tax_ids": [],
    })
}

/// What is alike in every session the sandbox opens.
fn constant() -> Value {
    json!({
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": false},
        "after_expiration": null,
        "allow_promotion_codes": null,
        "automatic_tax": {"enabled": false, "liability": null, "provider": null, "status": null},
        "billing_address_collection": null,
        "client_secret": null,
        "collected_information": {"business_name": null, "individual_name": null, "shipping_details": null},
        "consent": null,
        "consent_collection": null,
        "currency_conversion": null,
        "custom_fields": [],
        "custom_text": {
            "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null,
        },
        "customer": null,
        "customer_account": null,
        "customer_creation": "if_required",
        "discounts": [],
        "integration_identifier": null,
        "invoice": null,
        "invoice_creation": {
            "enabled": false,
            "invoice_data": {
                "account_tax_ids": null, "custom_fields": null, "description": null, "footer": null, "issuer": null,
                "metadata": {}, "rendering_options": null,
            },
        },
        "livemode": false,
        "locale": null,
        "managed_payments": {"enabled": false},
        "mode": "payment",
        "origin_context": null,
        "payment_link": null,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": null,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "permissions": null,
        "phone_number_collection": {"enabled": false},
        "recovered_from": null,
        "saved_payment_method_options": null,
        "setup_intent": null,
        "shipping_address_collection": null,
        "shipping_cost": null,
        "shipping_options": [],
        "submit_type": null,
        "subscription": null,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "wallet_options": null,
    })
}
