//! Square's webhook signature: `x-square-hmacsha256-signature`, the base64 of an HMAC-SHA256 over the notification
//! address followed by the raw body (<https://developer.squareup.com/docs/webhooks/step3validate>).
//!
//! Square signs no time. A repeat is absorbed by the event's id, whenever it comes.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::{HeaderLookup, WebhookError};

/// Whether any of the keys signed this body for this address.
pub fn verify(keys: &[SecretString], url: &str, headers: &dyn HeaderLookup, body: &[u8]) -> Result<(), WebhookError> {
    if keys.is_empty() {
        return Err(WebhookError::NotConfigured);
    }
    let header = headers.header("x-square-hmacsha256-signature").ok_or(WebhookError::MissingSignature)?;
    let signature = BASE64_STANDARD.decode(header.trim()).map_err(|_| WebhookError::MalformedSignature)?;
    let is_by = |key: &SecretString| {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose_secret().as_bytes()) else { return false };
        mac.update(url.as_bytes());
        mac.update(body);
        // Takes the same time whatever differs.
        mac.verify_slice(&signature).is_ok()
    };
    if keys.iter().any(is_by) { Ok(()) } else { Err(WebhookError::WrongSignature) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "https://roomtone.example/webhooks/square";
    const BODY: &[u8] = br#"{"event_id":"e1","type":"payment.updated"}"#;

    fn signed(key: &str, url: &str, body: &[u8]) -> Vec<(String, String)> {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(&[url.as_bytes(), body].concat());
        let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        vec![("X-Square-HmacSha256-Signature".to_owned(), signature)]
    }

    fn check(headers: &Vec<(String, String)>, body: &[u8]) -> Result<(), WebhookError> {
        verify(&["new".into(), "old".into()], URL, headers, body)
    }

    #[test]
    fn either_key_signs_until_the_old_one_is_removed() {
        for key in ["new", "old"] {
            assert_eq!(check(&signed(key, URL, BODY), BODY), Ok(()));
        }
        let headers = signed("old", URL, BODY);
        assert_eq!(verify(&["new".into()], URL, &headers, BODY), Err(WebhookError::WrongSignature));
    }

    #[test]
    fn another_address_or_a_body_changed_by_one_byte_is_forged() {
        let other = signed("new", "https://roomtone.example/webhooks/square/", BODY);
        assert_eq!(check(&other, BODY), Err(WebhookError::WrongSignature));
        for position in 0..BODY.len() {
            let mut body = BODY.to_vec();
            body[position] ^= 1;
            assert_eq!(check(&signed("new", URL, BODY), &body), Err(WebhookError::WrongSignature), "{position}");
        }
    }

    #[test]
    fn what_is_no_signature_is_refused() {
        let with = |value: &str| vec![("x-square-hmacsha256-signature".to_owned(), value.to_owned())];
        assert_eq!(check(&Vec::new(), BODY), Err(WebhookError::MissingSignature));
        assert_eq!(check(&with("not base64!"), BODY), Err(WebhookError::MalformedSignature));
        assert_eq!(check(&with(""), BODY), Err(WebhookError::WrongSignature));
        assert_eq!(verify(&[], URL, &signed("", URL, BODY), BODY), Err(WebhookError::NotConfigured));
    }
}
