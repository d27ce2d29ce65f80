//! Stripe through async-stripe: Checkout sessions in payment mode on the platform's own account.
//!
//! Calls go through async-stripe's types, which are bound to one API version. Webhooks are read leniently by field
//! name instead ([`events`]), because their version is set at the endpoint in Stripe's dashboard and an event that is
//! newer or older than our client must still be understood.

mod accounts;
mod amounts;
mod delayed;
mod elements;
mod errors;
mod events;
mod intents;
mod methods;
mod movements;
mod objects;
mod payouts;
mod portal;
mod refunds;
mod sessions;
mod signature;
mod states;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use jiff::Timestamp;
use kernel::UserId;
use secrecy::{ExposeSecret, SecretString};
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy};
use url::Url;

use crate::{
    AccountBalance, AccountRequest, AccountState, BankPayoutRequest, CaptureRequest, ChargeRequest, ConfigError,
    ElementsProvider, ExpireOutcome, HeaderLookup, HoldProvider, MethodCharge, MethodProvider, MovementsPage,
    MovementsRequest, OnboardingLink, OnboardingRequest, ParseError, PaymentProvider, PayoutProvider, PayoutSchedule,
    PayoutState, PortalRequest, ProviderError, ProviderEvent, ProviderName, RefundRequest, RefundState,
    ReversalRequest, Session, SessionRequest, SessionState, SetupPage, SetupRequest, SetupState, StatementProvider,
    StripeConfig, TransferRequest, VerifiedEvent, WebhookError,
};

/// Stripe, at its own address or at the sandbox's.
pub struct StripeProvider {
    client: Client,
    webhook_secrets: Vec<SecretString>,
}

impl StripeProvider {
    pub fn new(config: StripeConfig) -> Result<Self, ConfigError> {
        let mut builder = ClientBuilder::new(config.secret_key.expose_secret())
            .timeout(Duration::from_millis(config.timeout_ms))
            .request_strategy(RequestStrategy::Once);
        if let Some(url) = &config.api_url {
            builder = builder.url(base_url(url)?);
        }
        let client = builder.build().map_err(|error| ConfigError::Client(error.to_string()))?;
        Ok(Self { client, webhook_secrets: config.webhook_secrets })
    }
}

/// The client appends `v1/…` to the text as it stands.
fn base_url(text: &str) -> Result<String, ConfigError> {
    let url: Option<Url> = text.parse().ok();
    match url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        Some(url) => Ok(format!("{}/", url.as_str().trim_end_matches('/'))),
        None => Err(ConfigError::BadUrl(text.to_owned())),
    }
}

impl fmt::Debug for StripeProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StripeProvider").finish_non_exhaustive()
    }
}

#[async_trait]
impl PaymentProvider for StripeProvider {
    fn name(&self) -> ProviderName {
        ProviderName::Stripe
    }

    async fn create_session(&self, request: SessionRequest) -> Result<Session, ProviderError> {
        sessions::create_session(&self.client, request).await
    }

    async fn retrieve_session(&self, provider_session_id: &str) -> Result<SessionState, ProviderError> {
        match intents::is_intent(provider_session_id) {
            true => intents::retrieve(&self.client, provider_session_id).await,
            false => sessions::retrieve_session(&self.client, provider_session_id).await,
        }
    }

    async fn expire_session(&self, provider_session_id: &str) -> Result<ExpireOutcome, ProviderError> {
        match intents::is_intent(provider_session_id) {
            true => intents::cancel(&self.client, provider_session_id).await,
            false => sessions::expire_session(&self.client, provider_session_id).await,
        }
    }

    async fn refund(&self, request: RefundRequest) -> Result<RefundState, ProviderError> {
        refunds::refund(&self.client, request).await
    }

    async fn retrieve_refund(&self, provider_refund_id: &str) -> Result<RefundState, ProviderError> {
        refunds::retrieve_refund(&self.client, provider_refund_id).await
    }

    fn payouts(&self) -> Option<&dyn PayoutProvider> {
        Some(self)
    }

    fn statement(&self) -> Option<&dyn StatementProvider> {
        Some(self)
    }

    async fn list_news(&self, from: Timestamp, to: Timestamp) -> Result<Vec<ProviderEvent>, ProviderError> {
        movements::list_disputed(&self.client, from, to).await
    }

    fn methods(&self) -> Option<&dyn MethodProvider> {
        Some(self)
    }

    fn elements(&self) -> Option<&dyn ElementsProvider> {
        Some(self)
    }

    fn holds(&self) -> Option<&dyn HoldProvider> {
        Some(self)
    }

    async fn verify_webhook(
        &self,
        headers: &dyn HeaderLookup,
        body: &[u8],
        now: Timestamp,
    ) -> Result<VerifiedEvent, WebhookError> {
        let signed_at = signature::verify(&self.webhook_secrets, headers, body, now)?;
        Ok(events::envelope(body, signed_at))
    }

    fn without_secrets(&self, payload: &[u8]) -> Vec<u8> {
        events::without_secrets(payload)
    }

    fn parse_event(&self, payload: &[u8]) -> Result<ProviderEvent, ParseError> {
        events::parse(payload)
    }
}

#[async_trait]
impl PayoutProvider for StripeProvider {
    async fn create_account(&self, request: AccountRequest) -> Result<AccountState, ProviderError> {
        accounts::create_account(&self.client, request).await
    }

    async fn retrieve_account(&self, provider_account_id: &str) -> Result<AccountState, ProviderError> {
        accounts::retrieve_account(&self.client, provider_account_id).await
    }

    async fn create_onboarding_link(&self, request: OnboardingRequest) -> Result<OnboardingLink, ProviderError> {
        accounts::create_onboarding_link(&self.client, &request).await
    }

    async fn set_schedule(&self, provider_account_id: &str, schedule: PayoutSchedule) -> Result<(), ProviderError> {
        accounts::set_schedule(&self.client, provider_account_id, schedule).await
    }

    async fn account_balance(&self, provider_account_id: &str) -> Result<AccountBalance, ProviderError> {
        accounts::account_balance(&self.client, provider_account_id).await
    }

    async fn transfer(&self, request: TransferRequest) -> Result<String, ProviderError> {
        payouts::transfer(&self.client, &request).await
    }

    async fn reverse_transfer(&self, request: ReversalRequest) -> Result<String, ProviderError> {
        payouts::reverse_transfer(&self.client, &request).await
    }

    async fn pay_out(&self, request: BankPayoutRequest) -> Result<PayoutState, ProviderError> {
        payouts::pay_out(&self.client, &request).await
    }

    async fn retrieve_payout(
        &self,
        provider_account_id: &str,
        provider_payout_id: &str,
    ) -> Result<PayoutState, ProviderError> {
        payouts::retrieve_payout(&self.client, provider_account_id, provider_payout_id).await
    }
}

#[async_trait]
impl StatementProvider for StripeProvider {
    async fn list_movements(&self, request: MovementsRequest) -> Result<MovementsPage, ProviderError> {
        movements::list_movements(&self.client, &request).await
    }
}

#[async_trait]
impl MethodProvider for StripeProvider {
    async fn create_customer(&self, user_id: UserId) -> Result<String, ProviderError> {
        methods::create_customer(&self.client, user_id).await
    }

    async fn update_customer(&self, provider_customer_id: &str, email: &str) -> Result<(), ProviderError> {
        methods::update_customer(&self.client, provider_customer_id, email).await
    }

    async fn delete_customer(&self, provider_customer_id: &str) -> Result<(), ProviderError> {
        methods::delete_customer(&self.client, provider_customer_id).await
    }

    async fn create_setup(&self, request: SetupRequest) -> Result<SetupPage, ProviderError> {
        methods::create_setup(&self.client, request).await
    }

    async fn retrieve_setup(&self, provider_setup_id: &str) -> Result<SetupState, ProviderError> {
        methods::retrieve_setup(&self.client, provider_setup_id).await
    }

    async fn detach_method(&self, token: &SecretString) -> Result<(), ProviderError> {
        methods::detach_method(&self.client, token).await
    }

    async fn open_portal(&self, request: &PortalRequest) -> Result<Url, ProviderError> {
        portal::open(&self.client, request).await
    }

    async fn prepare_charge(&self, request: &ChargeRequest) -> Result<String, ProviderError> {
        intents::prepare(&self.client, request).await
    }

    async fn make_charge(
        &self,
        provider_session_id: &str,
        request: &ChargeRequest,
    ) -> Result<MethodCharge, ProviderError> {
        intents::confirm(&self.client, provider_session_id, request).await
    }
}

#[async_trait]
impl ElementsProvider for StripeProvider {
    async fn create_intent(&self, request: &SessionRequest) -> Result<String, ProviderError> {
        elements::create_intent(&self.client, request).await
    }

    async fn client_secret(&self, provider_session_id: &str) -> Result<SecretString, ProviderError> {
        elements::client_secret(&self.client, provider_session_id).await
    }
}

#[async_trait]
impl HoldProvider for StripeProvider {
    async fn capture(&self, request: &CaptureRequest) -> Result<SessionState, ProviderError> {
        intents::capture(&self.client, request).await
    }

    async fn release(&self, provider_payment_id: &str) -> Result<SessionState, ProviderError> {
        intents::release(&self.client, provider_payment_id).await
    }
}

/// Runs a call once under the given key; repeating is the caller's decision.
fn once_under(key: &str) -> Result<RequestStrategy, ProviderError> {
    let key = IdempotencyKey::new(key).map_err(|error| ProviderError::KeyReused(error.to_string()))?;
    Ok(RequestStrategy::Idempotent(key))
}

/// Stripe's ids become part of a path: anything else than its alphabet cannot be an id of Stripe's.
fn checked_id(id: &str) -> Result<&str, ProviderError> {
    let plain = !id.is_empty() && id.len() <= 255 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain { Ok(id) } else { Err(ProviderError::NotFound("not an id of Stripe's".to_owned())) }
}
