//! billing and webhook.

use hmac::{Hmac, KeyInit, Mac};
use kernel::clock::real_now;
use secrecy::ExposeSecret;
use serde_json::json;
use sha2::Sha256;

use crate::access::{call::Call, check::Case, identity::Owner, world::World};

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
        "GET /api/payments/settings" => Call::query(format!("company_id={company_id}")),
        "PUT /api/payments/settings" => Call::json(json!({"company_id": company_id, "provider": "stripe"})),
        "GET /api/payments/square/oauth" => Call::query(format!("company_id={company_id}")),
        "GET /api/payments/square/callback" => Call::query(square_answer(world).await),
        "GET /api/payments/square/connection" | "DELETE /api/payments/square/connection" => {
            let callback = format!("/api/payments/square/callback?{}", square_answer(world).await);
            world.platform.get(&callback).send().await.expect(200);
            Call::query(format!("company_id={company_id}"))
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
