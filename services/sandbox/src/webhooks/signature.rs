//! Stripe's signature, made from its documentation (<https://docs.stripe.com/webhooks/signature>) and not shared with
//! the code that checks it.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The value of `Stripe-Signature` for a body signed now.
pub fn stripe_signature(secret: &SecretString, now: Timestamp, body: &str) -> anyhow::Result<String> {
    let t = now.as_second();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())?;
    mac.update(format!("{t}.{body}").as_bytes());
    Ok(format!("t={t},v1={}", hex::encode(mac.finalize().into_bytes())))
}
