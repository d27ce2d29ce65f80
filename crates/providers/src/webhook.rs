//! Webhooks as they arrive: headers and a raw body that only a signature makes trustworthy.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// Looks a header up by name, in any case. The first one counts.
pub trait HeaderLookup: Send + Sync {
    fn header(&self, name: &str) -> Option<&str>;
}

impl HeaderLookup for Vec<(String, String)> {
    fn header(&self, name: &str) -> Option<&str> {
        self.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl HeaderLookup for BTreeMap<String, String> {
    fn header(&self, name: &str) -> Option<&str> {
        self.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A body whose signature is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedEvent {
    /// Unique with the provider, and the same for each repeat of an event. A signed body without an id has
    /// `sha256:<hex of the body>`.
    pub provider_event_id: String,
    /// The provider's word (`checkout.session.completed`), or `unknown`.
    pub event_type: String,
    /// When the provider made the event; when it was signed, if the body does not tell.
    pub created_at: Timestamp,
}

/// Why a body is not trusted. The answer to each is 400, and none says how near a forgery came; only
/// [`Self::CertificateUnavailable`] is no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    #[error("no webhook secret is configured")]
    NotConfigured,
    #[error("the signature header is missing")]
    MissingSignature,
    #[error("the signature header cannot be read")]
    MalformedSignature,
    #[error("the signature does not match")]
    WrongSignature,
    /// Good, but signed too long before or after `now` for this provider: a replay, or a clock that is off.
    #[error("the signature is too old or too new")]
    Stale,
    /// The certificate is not at an address of the provider's, or its chain does not end at a root that we trust, or it
    /// belongs to somebody else.
    #[error("the certificate is not the provider's")]
    UntrustedCertificate,
    /// The provider could not be asked for its certificate: it should deliver the event again.
    #[error("the provider's certificate could not be fetched")]
    CertificateUnavailable,
}
