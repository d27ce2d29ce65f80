//! billing and webhook.

use hmac::{Hmac, KeyInit, Mac};
use kernel::clock::real_now;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use sha2::Sha256;

use super::ledger::earn;
use crate::access::{
    call::Call,
    check::Case,
    identity::Owner,
    world::{World, text},
};

pub async fn call(case: &Case<'_>) -> Option<Call> {
    let (world, things) = (case.world, &case.world.things);
    let company_id = world.scene.company_id.as_str();
    let payment = json!({"payment_id": things.payment_id});
    Some(match case.row.operation {
        // billing
        "GET /api/payments/config" => Call::plain(),
        "GET /api/disputes" | "GET /api/payments" | "GET /api/receipts" if case.row.owner == Owner::Company => {
            Call::query(format!("company_id={company_id}"))
        }
        "GET /api/disputes" | "GET /api/payments" | "GET /api/receipts" => Call::plain(),
        "GET /api/disputes/{dispute_id}" => Call::at([&things.dispute_id]),
        "GET /api/payments/{payment_id}" | "GET /api/payments/{payment_id}/refunds" => Call::at([&things.payment_id]),
        "GET /api/receipts/{receipt_id}" | "GET /api/receipts/{receipt_id}/pdf" => Call::at([&things.receipt_id]),
        "POST /api/payments/session" => {
            Call::json(json!({"payable": {"type": "booking", "id": things.held_booking_id}})).once()
        }
        "POST /api/payments/links/{token}" => Call::at([&world.booking_link().await]).with(json!({})).once(),
        "GET /api/payments/settings" => Call::query(format!("company_id={company_id}")),
        "PUT /api/payments/settings" => Call::json(json!({"company_id": company_id, "provider": "stripe"})),
        "GET /api/payments/square/oauth" => Call::query(format!("company_id={company_id}")),
        "GET /api/payments/square/callback" => Call::query(square_answer(world).await),
        "GET /api/payments/square/connection" | "DELETE /api/payments/square/connection" => {
            let callback = format!("/api/payments/square/callback?{}", square_answer(world).await);
            world.platform.get(&callback).send().await.expect(200);
            Call::query(format!("company_id={company_id}"))
        }
        "GET /api/payments/payout-schedule" => Call::query(format!("company_id={company_id}")),
        "PUT /api/payments/payout-schedule" => {
            Call::json(json!({"company_id": company_id, "frequency": "monthly", "minimum": 100_000_000}))
        }
        "POST /api/payments/stripe/account" => Call::json(json!({"company_id": company_id})),
        "GET /api/payments/stripe/account"
        | "GET /api/payments/stripe/account-link"
        | "GET /api/payments/stripe/balance" => {
            world.payout_account().await;
            Call::query(format!("company_id={company_id}"))
        }
        "GET /api/payouts" if case.row.owner == Owner::Company => Call::query(format!("company_id={company_id}")),
        "GET /api/payouts" => Call::plain(),
        "GET /api/payouts/{payout_id}" => Call::at([world.payout().await]),
        "POST /api/payouts" => {
            world.payout_account().await;
            earn(world).await;
            Call::json(payout(world)).once()
        }
        "POST /api/payments/verify" => Call::json(payment),
        "POST /api/payments/refund" => Call::json(json!({"payment_id": things.payment_id, "amount": 100})).once(),
        // webhook
        "GET /api/admin/webhook-events" => Call::plain(),
        "GET /api/admin/webhook-events/{event_id}" | "POST /api/admin/webhook-events/{event_id}/replay" => {
            Call::at([&things.webhook_event_id])
        }
        "POST /webhooks/{provider}" => delivery(world, Call::at(["stripe"])),
        "POST /api/stripe/webhook" => delivery(world, Call::plain()),
        _ => return None,
    })
}

fn payout(world: &World) -> Value {
    json!({"company_id": world.scene.company_id, "amount": {"amount": 100, "currency": "EUR"}})
}

impl World {
    /// The account that the company is paid to, in use.
    async fn payout_account(&self) {
        let (platform, owner) = (&self.platform, &self.scene.owner);
        let ready = async || {
            let path = format!("/api/payments/stripe/account?company_id={}", self.scene.company_id);
            let account = owner.get(platform, &path).send().await;
            (account.status.is_success() && account.json()["may_receive"] == true).then_some(())
        };
        if ready().await.is_some() {
            return;
        }
        self.post(owner, "/api/payments/stripe/account", json!({"company_id": self.scene.company_id})).await;
        let path = format!("/sandbox/accounts/{}/onboard", self.scene.company_id);
        assert_eq!(platform.post(&path).json(json!({})).send().await.status.as_u16(), 204);
        testkit::eventually("the company can be paid", ready).await;
    }

    /// A payout that the company has asked for.
    async fn payout(&self) -> &str {
        let made = self.payout.get_or_init(async || {
            self.payout_account().await;
            earn(self).await;
            let made = self.scene.owner.post_once(&self.platform, "/api/payouts", payout(self)).await.expect(201);
            text(&made["id"]).to_owned()
        });
        made.await
    }
}

/// What Square sends the company's owner back with, fresh: it is good once.
async fn square_answer(world: &World) -> String {
    let path = format!("/api/payments/square/oauth?company_id={}", world.scene.company_id);
    let begun = world.scene.owner.get(&world.platform, &path).send().await.expect(200);
    let browser = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let consent = browser.post(begun["authorization_url"].as_str().unwrap()).form(&[("answer", "allow")]);
    let sent_back = consent.send().await.unwrap();
    let location = sent_back.headers()["location"].to_str().unwrap();
    location.split_once('?').map(|(_, query)| query.to_owned()).unwrap()
}

/// An event as Stripe signs it: the signature is all that counts.
fn delivery(world: &World, call: Call) -> Call {
    let (id, now) = (kernel::new_uuid().simple(), real_now().as_second());
    let event = json!({"id": format!("evt_{id}"), "object": "event", "type": "customer.created", "created": now, "data": {"object": {}}});
    let secret = world.platform.source.secret("stripe_webhook_secret").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).unwrap();
    mac.update(format!("{now}.{event}").as_bytes());
    let signature = format!("t={now},v1={}", hex::encode(mac.finalize().into_bytes()));
    call.with(event).header("stripe-signature", signature)
}
