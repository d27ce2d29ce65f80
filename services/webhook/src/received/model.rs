//! An event as it is kept; pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::EventId;
use providers::{ProviderName, VerifiedEvent};
use sha2::{Digest, Sha256};

/// Headers worth keeping beside the body: what it was signed with, and by what it was sent.
const KEPT_HEADERS: [&str; 11] = [
    "content-type",
    "paypal-auth-algo",
    "paypal-cert-url",
    "paypal-transmission-id",
    "paypal-transmission-sig",
    "paypal-transmission-time",
    "square-environment",
    "square-retry-number",
    "stripe-signature",
    "user-agent",
    "x-square-hmacsha256-signature",
];

/// Longer ones are not ids or types of any provider.
const LONGEST_NAME: usize = 255;

/// A verified event that is about to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedEvent {
    pub id: EventId,
    pub provider: ProviderName,
    pub provider_event_id: String,
    pub event_type: String,
    pub headers: BTreeMap<String, String>,
    pub payload: Vec<u8>,
    /// Ids of what it is about; none where it makes no sense to us.
    pub subjects: Vec<String>,
    pub created_at: Timestamp,
    pub received_at: Timestamp,
}

impl ReceivedEvent {
    pub fn new(
        provider: ProviderName,
        verified: VerifiedEvent,
        headers: &[(String, String)],
        (payload, subjects): (&[u8], Vec<String>),
        received_at: Timestamp,
    ) -> Self {
        Self {
            id: EventId::new(),
            provider,
            provider_event_id: name_or(verified.provider_event_id, || {
                format!("sha256:{}", hex::encode(Sha256::digest(payload)))
            }),
            event_type: name_or(verified.event_type, || "unknown".to_owned()),
            headers: headers.iter().filter(|(name, _)| KEPT_HEADERS.contains(&name.as_str())).cloned().collect(),
            payload: payload.to_vec(),
            subjects,
            created_at: verified.created_at,
            received_at,
        }
    }
}

/// A signed body may still say anything: what is no name is not kept as one.
fn name_or(text: String, otherwise: impl FnOnce() -> String) -> String {
    let is_name = !text.is_empty() && text.len() <= LONGEST_NAME && !text.chars().any(char::is_control);
    if is_name { text } else { otherwise() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(provider_event_id: &str, event_type: &str) -> ReceivedEvent {
        let verified = VerifiedEvent {
            provider_event_id: provider_event_id.to_owned(),
            event_type: event_type.to_owned(),
            created_at: Timestamp::UNIX_EPOCH,
        };
        let headers = [("stripe-signature", "t=1,v1=aa"), ("cookie", "secret")];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        ReceivedEvent::new(ProviderName::Stripe, verified, &headers, (b"{}", Vec::new()), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn only_the_headers_that_matter_are_kept() {
        assert_eq!(received("evt_1", "x").headers.into_keys().collect::<Vec<_>>(), ["stripe-signature"]);
    }

    #[test]
    fn what_is_no_name_is_replaced_and_the_same_body_gets_the_same_id() {
        for bad in ["", "evt\0", "evt\n1", &"x".repeat(256)] {
            let event = received(bad, bad);
            assert!(event.provider_event_id.starts_with("sha256:44136fa355b3678a"), "{}", event.provider_event_id);
            assert_eq!(event.event_type, "unknown");
        }
        assert_eq!(received("evt_1", "charge.refunded").event_type, "charge.refunded");
    }
}
