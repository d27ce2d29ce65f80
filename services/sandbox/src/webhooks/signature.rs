//! The providers' signatures, made from their documentation and not shared with the code that checks them.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::config::SandboxConfig;

/// The value of `Stripe-Signature` for a body signed now (<https://docs.stripe.com/webhooks/signature>).
pub fn stripe_signature(secret: &SecretString, now: Timestamp, body: &str) -> anyhow::Result<String> {
    let t = now.as_second();
    Ok(format!("t={t},v1={}", hex::encode(hmac(secret, &format!("{t}.{body}"))?)))
}

/// Over the address that the platform gave to Square, whatever door the delivery goes through in fact
/// (<https://developer.squareup.com/docs/webhooks/step3validate>).
pub fn square_signature(config: &SandboxConfig, body: &str) -> anyhow::Result<Vec<(&'static str, String)>> {
    let signed = hmac(&config.square_signature_key, &format!("{}{body}", config.square_notification_url))?;
    Ok(vec![
        ("x-square-hmacsha256-signature", BASE64_STANDARD.encode(signed)),
        ("square-environment", "Sandbox".to_owned()),
    ])
}

fn hmac(secret: &SecretString, text: &str) -> anyhow::Result<Vec<u8>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes())?;
    mac.update(text.as_bytes());
    Ok(mac.finalize().into_bytes().to_vec())
}
