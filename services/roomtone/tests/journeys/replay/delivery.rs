//! Deliveries as the providers sign them, and as they do not.

use base64::{Engine, prelude::BASE64_STANDARD};
use diesel::{QueryableByName, sql_types::Text};
use diesel_async::RunQueryDsl;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use rcgen::{KeyPair, PKCS_RSA_SHA256, SigningKey};
use secrecy::ExposeSecret;
use sha2::Sha256;

use super::recording::Event;
use crate::support::TestPlatform;

/// How a delivery is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seal {
    Genuine,
    /// By somebody who does not know the secret, over something else, or not at all.
    Forged,
    /// Too long ago. Square signs no time: for another address.
    Expired,
    /// With a secret that was good once.
    OldSecret,
}

/// One arrival of an event.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    event: &'a Event,
    seal: Seal,
    /// Of a forgery, the payment that it claims is paid.
    claims: Option<&'a str>,
}

impl<'a> Delivery<'a> {
    pub fn genuine(event: &'a Event) -> Self {
        Self { event, seal: Seal::Genuine, claims: None }
    }

    pub fn forged(model: &'a Event, unpaid: &'a str, seal: Seal) -> Self {
        Self { event: model, seal, claims: Some(unpaid) }
    }

    /// The provider's id of the event, where it is one.
    pub fn genuine_id(&self) -> Option<String> {
        (self.seal == Seal::Genuine).then(|| self.event.id.clone())
    }

    /// Delivers it; what is not signed by its provider is refused.
    pub async fn make(&self, platform: &TestPlatform, signer: &Signer) {
        let body = self.body();
        let mut request = platform.post(&format!("/webhooks/{}", self.event.provider));
        for (name, value) in signer.headers(&self.event.provider, &body, self.seal) {
            request = request.header(name, &value);
        }
        let answer = request.raw("application/json; charset=utf-8", body).send().await;
        match self.seal {
            Seal::Genuine => drop(answer.expect(200)),
            _ => drop(answer.expect_problem(400, "invalid_signature")),
        }
    }

    /// A forgery has an event id that nobody has told before, and names another payment.
    fn body(&self) -> String {
        let Some(unpaid) = self.claims else { return self.event.body.clone() };
        let forged_id = format!("forged_{}", kernel::new_uuid().simple());
        let body = self.event.body.replace(&self.event.id, &forged_id);
        let paid = body.find("pay_0").map(|at| body[at..at + unpaid.len()].to_owned()).expect("a payment's id");
        body.replace(&paid, unpaid)
    }
}

/// The providers' secrets.
pub struct Signer {
    stripe: String,
    square: String,
    square_url: String,
    paypal: KeyPair,
    paypal_certificate: String,
}

#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    key_pem: String,
}

impl Signer {
    pub async fn of(platform: &TestPlatform) -> Self {
        let secret = |name: &str| platform.source.secret(name).unwrap().expose_secret().to_owned();
        let sandbox: String = platform.source.get("sandbox_url").unwrap().unwrap();
        let paypal_certificate = format!("{sandbox}/paypal/v1/notifications/certs/CERT-sandbox-1");
        // Made when somebody asks for it first.
        assert!(platform.client.get(&paypal_certificate).send().await.unwrap().status().is_success());
        let query = diesel::sql_query("SELECT key_pem FROM paypal_signer");
        let key: Key = query.get_result(&mut *platform.db("sandbox").conn().await.unwrap()).await.unwrap();
        Self {
            stripe: secret("stripe_webhook_secret"),
            square: secret("square_webhook_signature_key"),
            square_url: format!("{}/webhooks/square", platform.url),
            paypal: KeyPair::from_pem_and_sign_algo(&key.key_pem, &PKCS_RSA_SHA256).unwrap(),
            paypal_certificate,
        }
    }

    fn headers(&self, provider: &str, body: &str, seal: Seal) -> Vec<(&'static str, String)> {
        let now = kernel::clock::real_now();
        match provider {
            "stripe" => vec![("stripe-signature", self.stripe_signature(now, body, seal))],
            "square" => vec![("x-square-hmacsha256-signature", self.square_signature(body, seal))],
            _ => self.paypal_headers(now, body, seal),
        }
    }

    fn stripe_signature(&self, now: Timestamp, body: &str, seal: Seal) -> String {
        let t = if seal == Seal::Expired { now.as_second() - 400 } else { now.as_second() };
        let secret = if seal == Seal::OldSecret { "whsec_old" } else { &self.stripe };
        let signed = if seal == Seal::Forged { "{}" } else { body };
        format!("t={t},v1={}", hex::encode(hmac(secret, &format!("{t}.{signed}"))))
    }

    fn square_signature(&self, body: &str, seal: Seal) -> String {
        let url = if seal == Seal::Expired { "https://roomtone.example/webhooks/square" } else { &self.square_url };
        let key = if seal == Seal::OldSecret { "old-signature-key" } else { &self.square };
        let signed = if seal == Seal::Forged { "{}" } else { body };
        BASE64_STANDARD.encode(hmac(key, &format!("{url}{signed}")))
    }

    /// What is old at PayPal is the webhook that was registered: its id is signed too.
    fn paypal_headers(&self, now: Timestamp, body: &str, seal: Seal) -> Vec<(&'static str, String)> {
        let age = if seal == Seal::Expired { SignedDuration::from_hours(4 * 24) } else { SignedDuration::ZERO };
        let time = (now - age).strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let webhook = if seal == Seal::OldSecret { "WH-OLD" } else { "WH-SANDBOX" };
        let signed = if seal == Seal::Forged { "{}" } else { body };
        let id = kernel::new_uuid().to_string();
        let message = format!("{id}|{time}|{webhook}|{}", crc32fast::hash(signed.as_bytes()));
        let signature = self.paypal.sign(message.as_bytes()).unwrap();
        vec![
            ("paypal-transmission-id", id),
            ("paypal-transmission-time", time),
            ("paypal-transmission-sig", BASE64_STANDARD.encode(signature)),
            ("paypal-cert-url", self.paypal_certificate.clone()),
            ("paypal-auth-algo", "SHA256withRSA".to_owned()),
        ]
    }
}

fn hmac(secret: &str, text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}
