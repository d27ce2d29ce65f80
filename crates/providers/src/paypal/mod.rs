//! PayPal through its REST API: orders that the customer approves on PayPal's page and that we then capture.
//!
//! No money moves before the capture, so an order that nobody should pay any more needs no call: it is never captured,
//! and PayPal forgets it. Our session id is the order's, our payment id there is the capture's.

mod amounts;
mod batches;
mod certificates;
mod client;
mod errors;
mod events;
mod movements;
mod news;
mod objects;
mod orders;
mod payouts;
mod refunds;
mod signature;

use async_trait::async_trait;
use jiff::Timestamp;
use kernel::Currency;
use secrecy::ExposeSecret;

use crate::{
    ConfigError, DisbursementProvider, DisbursementRequest, ExpireOutcome, HeaderLookup, MovementsPage,
    MovementsRequest, ParseError, PaymentProvider, PayoutState, PaypalConfig, ProviderError, ProviderEvent,
    ProviderName, RefundRequest, RefundState, Session, SessionRequest, SessionState, StatementProvider, VerifiedEvent,
    WebhookError, config::ProviderEnvironment, http,
};
use certificates::{Certificates, Trust};
use client::PaypalClient;

/// PayPal, at its own address or at the sandbox's.
pub struct PaypalProvider {
    client: PaypalClient,
    webhook_ids: Vec<String>,
    certificates: Certificates,
}

impl PaypalProvider {
    pub fn new(config: PaypalConfig) -> Result<Self, ConfigError> {
        if config.client_secret.expose_secret().is_empty() {
            return Err(ConfigError::Incomplete(ProviderName::Paypal, "paypal_client_secret"));
        }
        let base = http::base_url(match (&config.api_url, config.environment) {
            (Some(url), _) => url,
            (None, ProviderEnvironment::Production) => "https://api-m.paypal.com",
            (None, ProviderEnvironment::Sandbox) => "https://api-m.sandbox.paypal.com",
        })?;
        let trust = match (&config.api_url, config.environment) {
            (Some(_), _) => Trust::sandbox(&base),
            (None, ProviderEnvironment::Production) => Trust::live(),
            (None, ProviderEnvironment::Sandbox) => Trust::test(),
        };
        Ok(Self {
            certificates: Certificates::new(trust, http::client(&base, config.timeout_ms)?),
            client: PaypalClient::new(base, config.client_id, config.client_secret, config.timeout_ms)?,
            webhook_ids: config.webhook_ids,
        })
    }
}

impl std::fmt::Debug for PaypalProvider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaypalProvider").finish_non_exhaustive()
    }
}

#[async_trait]
impl PaymentProvider for PaypalProvider {
    fn name(&self) -> ProviderName {
        ProviderName::Paypal
    }

    async fn create_session(&self, request: SessionRequest) -> Result<Session, ProviderError> {
        orders::create_order(&self.client, &request).await
    }

    async fn retrieve_session(&self, provider_session_id: &str) -> Result<SessionState, ProviderError> {
        orders::retrieve_order(&self.client, provider_session_id).await
    }

    async fn complete_session(&self, provider_session_id: &str) -> Result<SessionState, ProviderError> {
        orders::capture_order(&self.client, provider_session_id).await
    }

    async fn expire_session(&self, provider_session_id: &str) -> Result<ExpireOutcome, ProviderError> {
        orders::give_up_order(&self.client, provider_session_id).await
    }

    async fn refund(&self, request: RefundRequest) -> Result<RefundState, ProviderError> {
        refunds::refund(&self.client, &request).await
    }

    async fn retrieve_refund(&self, provider_refund_id: &str) -> Result<RefundState, ProviderError> {
        refunds::retrieve_refund(&self.client, provider_refund_id).await
    }

    fn disbursements(&self) -> Option<&dyn DisbursementProvider> {
        Some(self)
    }

    fn statement(&self) -> Option<&dyn StatementProvider> {
        Some(self)
    }

    async fn list_news(&self, from: Timestamp, to: Timestamp) -> Result<Vec<ProviderEvent>, ProviderError> {
        news::list_news(&self.client, from, to).await
    }

    async fn verify_webhook(
        &self,
        headers: &dyn HeaderLookup,
        body: &[u8],
        now: Timestamp,
    ) -> Result<VerifiedEvent, WebhookError> {
        let signed_at = signature::verify(&self.certificates, &self.webhook_ids, headers, body, now).await?;
        Ok(events::envelope(body, signed_at))
    }

    fn parse_event(&self, payload: &[u8]) -> Result<ProviderEvent, ParseError> {
        events::parse(payload)
    }
}

#[async_trait]
impl DisbursementProvider for PaypalProvider {
    fn pays_in(&self, currency: Currency) -> bool {
        amounts::takes(currency)
    }

    async fn disburse(&self, request: DisbursementRequest) -> Result<PayoutState, ProviderError> {
        payouts::disburse(&self.client, &request).await
    }

    async fn retrieve_disbursement(&self, provider_payout_id: &str) -> Result<PayoutState, ProviderError> {
        payouts::retrieve_batch(&self.client, provider_payout_id).await
    }
}

#[async_trait]
impl StatementProvider for PaypalProvider {
    async fn list_movements(&self, request: MovementsRequest) -> Result<MovementsPage, ProviderError> {
        movements::list_movements(&self.client, &request).await
    }
}
