//! Square through its REST API: payment links on the platform's own account.
//!
//! A payment link has an order, and every attempt on the link's page makes a payment of that order; so our session id
//! is `<link id>:<order id>`. Square carries no reference of ours from the link to its payments except the note, and
//! none from a refund's request to the refund except the reason: both end with our id.
//!
//! What settles with a company is made on its own account, with its token: the same calls, at its main location, and our fee in
//! them.

mod client;
mod errors;
mod events;
mod movements;
mod news;
pub mod oauth;
mod objects;
mod refunds;
mod sessions;
mod signature;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::{
    ConfigError, ExpireOutcome, HeaderLookup, MovementsPage, MovementsRequest, ParseError, PaymentProvider,
    ProviderError, ProviderEvent, ProviderName, RefundRequest, RefundState, Session, SessionRequest, SessionState,
    SquareConfig, StatementProvider, VerifiedEvent, WebhookError, config::ProviderEnvironment, http,
};
use client::SquareClient;

/// The version of the API whose objects we read.
const API_VERSION: &str = "2025-10-16";

/// Square, at its own address or at the sandbox's.
pub struct SquareProvider {
    client: SquareClient,
    /// `None` on a company's account, whose main location is asked for.
    location_id: Option<String>,
    signature_keys: Vec<SecretString>,
    notification_url: Option<String>,
}

impl SquareProvider {
    pub fn new(config: SquareConfig) -> Result<Self, ConfigError> {
        if config.location_id.is_empty() {
            return Err(ConfigError::Incomplete(ProviderName::Square, "square_location_id"));
        }
        if config.webhook_url.is_none() && !config.webhook_signature_keys.is_empty() {
            return Err(ConfigError::Incomplete(ProviderName::Square, "square_webhook_url"));
        }
        let base = base_url(&config)?;
        Ok(Self {
            client: SquareClient::new(base, config.access_token, config.timeout_ms)?,
            location_id: Some(config.location_id),
            signature_keys: config.webhook_signature_keys,
            notification_url: config.webhook_url,
        })
    }
}

fn base_url(config: &SquareConfig) -> Result<url::Url, ConfigError> {
    http::base_url(match (&config.api_url, config.environment) {
        (Some(url), _) => url,
        (None, ProviderEnvironment::Production) => "https://connect.squareup.com",
        (None, ProviderEnvironment::Sandbox) => "https://connect.squareupsandbox.com",
    })
}

impl std::fmt::Debug for SquareProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SquareProvider").field("location_id", &self.location_id).finish_non_exhaustive()
    }
}

#[async_trait]
impl PaymentProvider for SquareProvider {
    fn name(&self) -> ProviderName {
        ProviderName::Square
    }

    async fn create_session(&self, request: SessionRequest) -> Result<Session, ProviderError> {
        let location = match &self.location_id {
            Some(location_id) => location_id.clone(),
            None => sessions::main_location(&self.client).await?,
        };
        sessions::create_session(&self.client, &location, &request).await
    }

    async fn retrieve_session(&self, provider_session_id: &str) -> Result<SessionState, ProviderError> {
        sessions::retrieve_session(&self.client, provider_session_id).await
    }

    async fn expire_session(&self, provider_session_id: &str) -> Result<ExpireOutcome, ProviderError> {
        sessions::expire_session(&self.client, provider_session_id).await
    }

    async fn refund(&self, request: RefundRequest) -> Result<RefundState, ProviderError> {
        refunds::refund(&self.client, &request).await
    }

    async fn retrieve_refund(&self, provider_refund_id: &str) -> Result<RefundState, ProviderError> {
        refunds::retrieve_refund(&self.client, provider_refund_id).await
    }

    fn statement(&self) -> Option<&dyn StatementProvider> {
        Some(self)
    }

    async fn list_news(&self, from: Timestamp, to: Timestamp) -> Result<Vec<ProviderEvent>, ProviderError> {
        news::list_news(&self.client, from, to).await
    }

    fn acting_for(&self, company: SecretString) -> Option<Arc<dyn PaymentProvider>> {
        Some(Arc::new(Self {
            client: self.client.with_token(company),
            location_id: None,
            signature_keys: self.signature_keys.clone(),
            notification_url: self.notification_url.clone(),
        }))
    }

    async fn verify_webhook(
        &self,
        headers: &dyn HeaderLookup,
        body: &[u8],
        now: Timestamp,
    ) -> Result<VerifiedEvent, WebhookError> {
        let url = self.notification_url.as_deref().ok_or(WebhookError::NotConfigured)?;
        signature::verify(&self.signature_keys, url, headers, body)?;
        Ok(events::envelope(body, now))
    }

    fn parse_event(&self, payload: &[u8]) -> Result<ProviderEvent, ParseError> {
        events::parse(payload)
    }
}

#[async_trait]
impl StatementProvider for SquareProvider {
    async fn list_movements(&self, request: MovementsRequest) -> Result<MovementsPage, ProviderError> {
        movements::list_movements(&self.client, self.location_id.as_deref(), &request).await
    }
}
