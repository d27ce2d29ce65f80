//! PayPal's webhook signature (<https://developer.paypal.com/api/rest/webhooks/rest/#link-selfverificationmethod>):
//! RSA with SHA-256 over `<transmission id>|<transmission time>|<webhook id>|<CRC32 of the raw body, in decimal>`.

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::{SignedDuration, Timestamp};

use super::certificates::Certificates;
use crate::{HeaderLookup, WebhookError};

/// PayPal repeats a delivery for three days under the time of its first. A shorter limit would refuse the very events
/// that were missed while we were down; a replay within it is absorbed by the event's id.
const OLDEST: SignedDuration = SignedDuration::from_hours(72 + 1);

/// How far PayPal's clock may be ahead of ours.
const NEWEST: SignedDuration = SignedDuration::from_mins(5);

const ALGORITHM: &str = "SHA256withRSA";

/// Longer ones are not PayPal's, and would only be copied into the message.
const LONGEST_ID: usize = 255;

struct Transmission<'h> {
    id: &'h str,
    time: &'h str,
    cert_url: &'h str,
    signature: Vec<u8>,
    signed_at: Timestamp,
}

/// When the body was signed, if PayPal signed it for any of the webhook ids. The age is judged first: it costs nothing,
/// while a certificate may have to be fetched.
pub async fn verify(
    certificates: &Certificates,
    webhook_ids: &[String],
    headers: &dyn HeaderLookup,
    body: &[u8],
    now: Timestamp,
) -> Result<Timestamp, WebhookError> {
    if webhook_ids.is_empty() {
        return Err(WebhookError::NotConfigured);
    }
    let sent = Transmission::read(headers)?;
    let age = now.duration_since(sent.signed_at);
    if age > OLDEST || age < -NEWEST {
        return Err(WebhookError::Stale);
    }
    let mut verdict = WebhookError::WrongSignature;
    for webhook_id in webhook_ids {
        let message = sent.message(webhook_id, body);
        match certificates.check(sent.cert_url, message.as_bytes(), &sent.signature, now).await {
            Ok(()) => return Ok(sent.signed_at),
            Err(WebhookError::WrongSignature) => {}
            Err(error) => {
                verdict = error;
                break;
            }
        }
    }
    Err(verdict)
}

impl<'h> Transmission<'h> {
    fn read(headers: &'h dyn HeaderLookup) -> Result<Self, WebhookError> {
        let header = |name: &str| headers.header(name).ok_or(WebhookError::MissingSignature);
        let (id, time) = (header("paypal-transmission-id")?, header("paypal-transmission-time")?);
        let (cert_url, signature) = (header("paypal-cert-url")?, header("paypal-transmission-sig")?);
        if header("paypal-auth-algo")? != ALGORITHM || id.len() > LONGEST_ID {
            return Err(WebhookError::MalformedSignature);
        }
        let signature = BASE64_STANDARD.decode(signature.trim()).map_err(|_| WebhookError::MalformedSignature)?;
        let signed_at = time.parse().map_err(|_| WebhookError::MalformedSignature)?;
        Ok(Self { id, time, cert_url, signature, signed_at })
    }

    fn message(&self, webhook_id: &str, body: &[u8]) -> String {
        format!("{}|{}|{webhook_id}|{}", self.id, self.time, crc32fast::hash(body))
    }
}

#[cfg(test)]
mod tests;
