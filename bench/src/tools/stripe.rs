//! Stripe's side of things: events as it signs them.

use anyhow::Context;
use hmac::{Hmac, KeyInit, Mac};
use kernel::clock::real_now;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::platform::Layout;

/// Tells one platform's webhook service, or its gateway, what happened.
#[derive(Debug, Clone)]
pub struct Stripe {
    client: reqwest::Client,
    url: String,
    secret: SecretString,
}

impl Stripe {
    pub fn telling(layout: &Layout, service: &str, client: &reqwest::Client) -> anyhow::Result<Self> {
        let secret = layout.source()?.secret("stripe_webhook_secret")?;
        Ok(Self { client: client.clone(), url: format!("{}/webhooks/stripe", layout.url(service)), secret })
    }

    /// Delivers an event; anything but 200 is a failure.
    pub async fn tell(&self, id: &str, event_type: &str, object: &Value) -> anyhow::Result<()> {
        let body = event(id, event_type, object).to_string();
        let at = real_now().as_second();
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes())?;
        mac.update(format!("{at}.{body}").as_bytes());
        let signature = format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()));
        let request = self.client.post(&self.url).header("stripe-signature", signature);
        let answer = request.header("content-type", "application/json; charset=utf-8").body(body).send().await?;
        answer.error_for_status().context("a webhook")?;
        Ok(())
    }
}

fn event(id: &str, event_type: &str, object: &Value) -> Value {
    json!({
        "id": id, "object": "event", "api_version": "2025-09-30.clover", "created": real_now().as_second(),
        "data": {"object": object}, "livemode": false, "pending_webhooks": 1,
        "request": {"id": null, "idempotency_key": null}, "type": event_type,
    })
}

/// A payment as the three events about its success show it: the charge, the intent and the session.
pub fn success(payment_id: &str, amount: i64) -> [(&'static str, Value); 3] {
    let intent = format!("pi_{payment_id}");
    let metadata = json!({"payment_id": payment_id});
    let card = json!({"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2032, "funding": "credit"});
    [
        (
            "charge.succeeded",
            json!({
                "id": format!("ch_{payment_id}"), "object": "charge", "amount": amount, "amount_captured": amount,
                "amount_refunded": 0, "captured": true, "paid": true, "status": "succeeded", "currency": "eur",
                "payment_intent": intent, "metadata": metadata,
                "payment_method_details": {"type": "card", "card": card},
            }),
        ),
        (
            "payment_intent.succeeded",
            json!({
                "id": intent, "object": "payment_intent", "amount": amount, "amount_received": amount,
                "currency": "eur", "status": "succeeded", "metadata": metadata,
            }),
        ),
        (
            "checkout.session.completed",
            json!({
                "id": format!("cs_{payment_id}"), "object": "checkout.session", "client_reference_id": payment_id,
                "payment_intent": intent, "payment_status": "paid", "status": "complete", "amount_total": amount,
                "currency": "eur", "metadata": metadata,
            }),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_events_name_their_payment_alike() {
        let told = success("pay_1", 100);
        assert_eq!(told[0].1["payment_intent"], "pi_pay_1");
        assert_eq!(told[1].1["id"], "pi_pay_1");
        assert_eq!(told[2].1["payment_intent"], "pi_pay_1");
        assert!(told.iter().all(|(_, object)| object["metadata"]["payment_id"] == "pay_1"));
        assert_eq!(event("evt_1", told[0].0, &told[0].1)["data"]["object"]["amount_captured"], 100);
    }
}
