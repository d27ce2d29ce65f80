//! Deliveries as Stripe signs them.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use testkit::{TestRequest, TestService};

pub const SECRET: &str = "whsec_test";

/// A service that trusts [`SECRET`].
pub async fn start() -> TestService {
    TestService::builder(webhook::service()).setting("stripe_webhook_secret", SECRET).start().await
}

/// An event as Stripe writes it, as far as this service looks at it.
pub fn event(id: &str, event_type: &str) -> String {
    format!(r#"{{"id":"{id}","object":"event","type":"{event_type}","created":1803891600,"data":{{"object":{{}}}}}}"#)
}

/// The `Stripe-Signature` of a body, signed at the given second.
pub fn signature(secret: &str, signed_at: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    mac.update(format!("{signed_at}.").as_bytes());
    mac.update(body);
    format!("t={signed_at},v1={}", hex::encode(mac.finalize().into_bytes()))
}

/// A delivery, signed now.
pub fn delivery(service: &TestService, path: &str, body: &str) -> TestRequest {
    let signature = signature(SECRET, service.now().as_second(), body.as_bytes());
    service.post(path).header("stripe-signature", &signature).raw("application/json; charset=utf-8", body.to_owned())
}
