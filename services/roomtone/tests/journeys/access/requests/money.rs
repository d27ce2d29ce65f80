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
    people::{fresh_email, mailed_token},
    world::{World, text},
};

pub async fn call(case: &Case<'_>) -> Option<Call> {
    let (world, things) = (case.world, &case.world.things);
    let company_id = world.scene.company_id.as_str();
    let payment = json!({"payment_id": things.payment_id});
    Some(match case.row.operation {
        // billing
        "GET /api/admin/financial-dashboard" | "GET /api/admin/transactions" | "GET /api/payments/config" => {
            Call::plain()
        }
        "GET /api/admin/companies/{company_id}/commission" => Call::at([company_id]),
        // Nothing that was not set is taken back: what others pay is left as it is.
        "PUT /api/admin/companies/{company_id}/commission" => {
            Call::json(json!({"kind": "company", "rate": null, "reason": "Agreed"})).to([company_id])
        }
        "PUT /api/admin/companies/{company_id}/commission-plan" => {
            Call::json(json!({"plan": null, "reason": "Agreed"})).to([company_id])
        }
        "GET /api/admin/commission-plans/{name}" => {
            plan(world).await;
            Call::at([PLAN])
        }
        "PUT /api/admin/commission-plans/{name}" => Call::json(plan_rate()).to([PLAN]),
        "GET /api/admin/payments/{payment_id}" => Call::at([&things.payment_id]),
        "POST /api/admin/payments/{payment_id}/verify" => {
            Call::json(json!({"reason": "Somebody asked"})).to([&things.payment_id])
        }
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
        "POST /api/payments/charge" => {
            world.saved_card().await;
            // What is charged is due no more for whoever comes next.
            let booking_id = match case.is_let_in() {
                true => world.booking_in(&world.scene.room_id).await,
                false => things.held_booking_id.clone(),
            };
            Call::json(json!({"payable": {"type": "booking", "id": booking_id}})).once()
        }
        "POST /api/payments/{payment_id}/capture" | "POST /api/payments/{payment_id}/void" => {
            // What is captured or voided is held no more for whoever comes next.
            let payment_id = match case.is_let_in() {
                true => world.authorize().await,
                false => world.authorization.get_or_init(|| world.authorize()).await.clone(),
            };
            Call::at([&payment_id]).with(json!({})).once()
        }
        "POST /api/stripe/portal-session" => Call::json(json!({})),
        "POST /api/payment-methods/setup-session" => Call::json(json!({"off_session": false})),
        "POST /api/payment-methods/verify" => Call::json(json!({"setup_id": world.saved_card().await.0})),
        "GET /api/payment-methods" => Call::plain(),
        "GET /api/payment-methods/{payment_method_id}" | "PUT /api/payment-methods/{payment_method_id}/default" => {
            Call::at([&world.saved_card().await.1])
        }
        "PUT /api/payment-methods/{payment_method_id}/consent" => {
            Call::json(json!({"off_session": true})).to([&world.saved_card().await.1])
        }
        "DELETE /api/payment-methods/{payment_method_id}" => match case.is_let_in() {
            true => Call::at([&world.save_card().await.1]),
            false => Call::at([&world.saved_card().await.1]),
        },
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
        "PUT /api/payments/paypal/receiver" => Call::json(json!({"company_id": company_id, "email": fresh_email()})),
        "GET /api/payments/paypal/receiver" | "DELETE /api/payments/paypal/receiver" => {
            world.payout_receiver().await;
            Call::query(format!("company_id={company_id}"))
        }
        "POST /api/payments/paypal/receiver/confirm" => {
            let email = world.payout_receiver().await;
            let token = mailed_token(&world.platform, &email, "confirm-payout-address").await;
            Call::json(json!({"company_id": company_id, "token": token}))
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
            world.paid_to_account().await;
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

/// A plan that nobody is on.
const PLAN: &str = "gold";

fn plan_rate() -> Value {
    json!({"rate": "8", "reason": "Agreed"})
}

async fn plan(world: &World) {
    let put = world.scene.admin.put(&world.platform, &format!("/api/admin/commission-plans/{PLAN}"));
    put.json(plan_rate()).send().await.expect(200);
}

fn payout(world: &World) -> Value {
    json!({"company_id": world.scene.company_id, "amount": {"amount": 100, "currency": "EUR"}})
}

impl World {
    /// A card that the customer has saved, and may be charged by: the page it was given on, and the method.
    async fn saved_card(&self) -> &(String, String) {
        self.saved_card.get_or_init(|| self.save_card()).await
    }

    async fn save_card(&self) -> (String, String) {
        let (platform, customer) = (&self.platform, &self.scene.customer);
        let setup = json!({"off_session": true});
        let setup = customer.post(platform, "/api/payment-methods/setup-session").json(setup).send().await.expect(201);
        let path = format!("/sandbox/checkout/{}/complete", text(&setup["id"]));
        platform.post(&path).json(json!({"card": "4242424242424242"})).send().await.expect(200);
        let given = self.post(customer, "/api/payment-methods/verify", json!({"setup_id": setup["id"]})).await;
        (text(&setup["id"]).to_owned(), text(&given["payment_method_id"]).to_owned())
    }

    /// A payment of the customer's that is held for the company.
    async fn authorize(&self) -> String {
        self.saved_card().await;
        let booking = json!({"type": "booking", "id": self.booking_in(&self.scene.room_id).await});
        let body = json!({"payable": booking, "capture": "manual", "amount": 100});
        let payment = self.scene.owner.post_once(&self.platform, "/api/payments/charge", body).await.expect(201);
        text(&payment["id"]).to_owned()
    }

    /// An address at PayPal that the company has named, not confirmed yet.
    pub async fn payout_receiver(&self) -> String {
        let email = fresh_email();
        let body = json!({"company_id": self.scene.company_id, "email": email});
        let put = self.scene.owner.put(&self.platform, "/api/payments/paypal/receiver");
        put.json(body).send().await.expect(200);
        email
    }

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

    /// The same, and no address at PayPal counts.
    async fn paid_to_account(&self) {
        self.payout_account().await;
        let path = format!("{}/api/payments/paypal/receiver?company_id={}", self.platform.url, self.scene.company_id);
        let delete = self.platform.client.delete(path).bearer_auth(&self.scene.owner.token);
        let status = delete.send().await.unwrap().status().as_u16();
        assert!(matches!(status, 204 | 409), "{status}");
    }

    /// A payout that the company has asked for.
    async fn payout(&self) -> &str {
        let made = self.payout.get_or_init(async || {
            self.paid_to_account().await;
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
