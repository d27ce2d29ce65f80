//! Stripe's webhook signature: `Stripe-Signature: t=<unix seconds>,v1=<hex>[,v1=<hex>]`, an HMAC-SHA256 over
//! `<t>.<raw body>` (<https://docs.stripe.com/webhooks/signature>).

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::{HeaderLookup, WebhookError};

/// What Stripe's own libraries allow between signing and now.
const TOLERANCE_SECS: i64 = 300;

/// When the body was signed, if any of the secrets signed it. The signature is judged before its age, so that a
/// forgery never learns more than that it is one.
pub fn verify(
    secrets: &[SecretString],
    headers: &dyn HeaderLookup,
    body: &[u8],
    now: Timestamp,
) -> Result<Timestamp, WebhookError> {
    if secrets.is_empty() {
        return Err(WebhookError::NotConfigured);
    }
    let header = headers.header("stripe-signature").ok_or(WebhookError::MissingSignature)?;
    let signature = Signature::parse(header).ok_or(WebhookError::MalformedSignature)?;
    if !secrets.iter().any(|secret| signature.is_by(secret, body)) {
        return Err(WebhookError::WrongSignature);
    }
    let age = now.as_second().saturating_sub(signature.signed_at.as_second());
    if age.abs() > TOLERANCE_SECS { Err(WebhookError::Stale) } else { Ok(signature.signed_at) }
}

struct Signature<'h> {
    /// As written in the header, because that text is what was signed.
    t: &'h str,
    signed_at: Timestamp,
    v1: Vec<Vec<u8>>,
}

impl<'h> Signature<'h> {
    /// Schemes other than `v1` are skipped, as Stripe asks for (they are downgrades).
    fn parse(header: &'h str) -> Option<Self> {
        let mut t = None;
        let mut v1 = Vec::new();
        for part in header.split(',') {
            match part.trim().split_once('=') {
                Some(("t", value)) => t = Some(value),
                Some(("v1", value)) => v1.extend(hex::decode(value)),
                _ => {}
            }
        }
        let t = t?;
        let signed_at = Timestamp::from_second(t.parse().ok()?).ok()?;
        (!v1.is_empty()).then_some(Self { t, signed_at, v1 })
    }

    fn is_by(&self, secret: &SecretString, body: &[u8]) -> bool {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()) else { return false };
        mac.update(self.t.as_bytes());
        mac.update(b".");
        mac.update(body);
        // `verify_slice` takes the same time whatever differs.
        self.v1.iter().any(|candidate| mac.clone().verify_slice(candidate).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"id":"evt_1","type":"payment_intent.succeeded"}"#;
    const SIGNED_AT: i64 = 1_806_000_000;

    fn signed(body: &str, secret: &str) -> Vec<(String, String)> {
        // Made by async-stripe, so that we are not only right by our own measure.
        let header = stripe_webhook::Webhook::generate_test_header(body, secret, Some(SIGNED_AT));
        vec![("Stripe-Signature".to_owned(), header)]
    }

    fn check(headers: &Vec<(String, String)>, body: &str, age_secs: i64) -> Result<Timestamp, WebhookError> {
        let secrets = ["whsec_new", "whsec_old"].map(|secret| SecretString::from(secret.to_owned()));
        let now = Timestamp::from_second(SIGNED_AT + age_secs).unwrap();
        verify(&secrets, headers, body.as_bytes(), now)
    }

    #[test]
    fn either_secret_signs() {
        for secret in ["whsec_new", "whsec_old"] {
            assert_eq!(check(&signed(BODY, secret), BODY, 3).unwrap().as_second(), SIGNED_AT);
        }
    }

    #[test]
    fn another_secret_or_body_is_refused() {
        assert_eq!(check(&signed(BODY, "whsec_stolen"), BODY, 3), Err(WebhookError::WrongSignature));
        let forged = BODY.replace("evt_1", "evt_2");
        assert_eq!(check(&signed(BODY, "whsec_new"), &forged, 3), Err(WebhookError::WrongSignature));
    }

    #[test]
    fn a_moved_timestamp_is_refused() {
        let mut headers = signed(BODY, "whsec_new");
        headers[0].1 = headers[0].1.replace(&SIGNED_AT.to_string(), &(SIGNED_AT + 900).to_string());
        assert_eq!(check(&headers, BODY, 900), Err(WebhookError::WrongSignature));
    }

    #[test]
    fn five_minutes_either_way_are_tolerated() {
        let headers = signed(BODY, "whsec_new");
        for (age, stale) in [(300, false), (-300, false), (301, true), (-301, true)] {
            assert_eq!(check(&headers, BODY, age).is_err(), stale, "{age}");
        }
        assert_eq!(check(&headers, BODY, 301), Err(WebhookError::Stale));
    }

    #[test]
    fn one_good_signature_among_several_is_enough() {
        let mut headers = signed(BODY, "whsec_new");
        headers[0].1 = headers[0].1.replace(",v1=", ",v0=aa,v1=00ff,v1=");
        assert!(check(&headers, BODY, 0).is_ok());
    }

    #[test]
    fn headers_that_are_no_signature_are_refused() {
        let with = |value: &str| vec![("stripe-signature".to_owned(), value.to_owned())];
        assert_eq!(check(&Vec::new(), BODY, 0), Err(WebhookError::MissingSignature));
        for value in ["", "t=1", "v1=00", "t=x,v1=00", "t=1,v1=zz", "t=99999999999999999999,v1=00", "garbage"] {
            assert_eq!(check(&with(value), BODY, 0), Err(WebhookError::MalformedSignature), "{value}");
        }
    }

    #[test]
    fn without_a_secret_nothing_is_trusted() {
        let headers = signed(BODY, "");
        assert_eq!(verify(&[], &headers, BODY.as_bytes(), Timestamp::UNIX_EPOCH), Err(WebhookError::NotConfigured));
    }
}
