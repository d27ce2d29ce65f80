//! Payments that the customer confirms on the client's own page, in fields that are the provider's (Stripe Elements). The client
//! confirms with a secret that the provider has made for this payment; nobody else may have it, and we do not keep it.

use async_trait::async_trait;
use secrecy::SecretString;

use crate::{ProviderError, SessionRequest};

/// What a provider can do where clients confirm payments themselves. None of these may be called while a database transaction
/// is open.
#[async_trait]
pub trait ElementsProvider: Send + Sync {
    /// Makes a payment known that waits for its customer. Idempotent by `request.payment_id` (key `elements:<payment_id>`);
    /// where the customer comes back to and when the page closes are the client's business. Answers an id that
    /// [`crate::PaymentProvider::retrieve_session`] and `expire_session` know; it stays open until it is paid or closed.
    async fn create_intent(&self, request: &SessionRequest) -> Result<String, ProviderError>;

    /// What the client confirms it with.
    async fn client_secret(&self, provider_session_id: &str) -> Result<SecretString, ProviderError>;
}
