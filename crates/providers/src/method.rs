//! Payment methods that customers save, and what is charged to them.
//!
//! A provider keeps the methods of a person under a customer of its own; we keep the customer's id, a token for each
//! method, and as much of the method as lets a person recognise it. Details of a card never pass through us: it is given
//! on the provider's page.

use async_trait::async_trait;
use jiff::Timestamp;
use kernel::{MethodSetupId, UserId};
use secrecy::SecretString;
use url::Url;

use crate::{Failure, MethodSummary, ProviderError, SessionRequest, SessionState};

/// What a provider can do where it keeps methods. None of these may be called while a database transaction is open.
#[async_trait]
pub trait MethodProvider: Send + Sync {
    /// Makes the customer under which a person's methods are kept, and answers its id. Idempotent by `user_id` (key
    /// `customer:<user_id>`), which is all that the provider is told.
    async fn create_customer(&self, user_id: UserId) -> Result<String, ProviderError>;

    /// Tells the provider the address that the person has now.
    async fn update_customer(&self, provider_customer_id: &str, email: &str) -> Result<(), ProviderError>;

    /// Forgets a customer with all methods. One that is gone is no error.
    async fn delete_customer(&self, provider_customer_id: &str) -> Result<(), ProviderError>;

    /// Opens a page on which a person gives a method and pays nothing. Idempotent by `request.setup_id` (key
    /// `setup:<setup_id>`).
    async fn create_setup(&self, request: SetupRequest) -> Result<SetupPage, ProviderError>;

    /// What has become of such a page.
    async fn retrieve_setup(&self, provider_setup_id: &str) -> Result<SetupState, ProviderError>;

    /// Gives a method up: it can never be charged again. One that is gone is no error.
    async fn detach_method(&self, token: &SecretString) -> Result<(), ProviderError>;

    /// Opens a page on which a person sees their methods, gives and removes them, and says which is the default. It changes
    /// nothing that repeating would change again.
    async fn open_portal(&self, request: &PortalRequest) -> Result<Url, ProviderError>;

    /// Makes known what is to be charged to a saved method, and takes nothing. Idempotent by `request.session.payment_id`
    /// (key `charge:<payment_id>`). Answers an id that [`crate::PaymentProvider::retrieve_session`] and `expire_session`
    /// know.
    async fn prepare_charge(&self, request: &ChargeRequest) -> Result<String, ProviderError>;

    /// Takes the money of a prepared charge, once: repeated, it answers what became of it (key `confirm:<payment_id>`). A
    /// refusal of the customer's bank is [`ProviderError::Declined`].
    async fn make_charge(
        &self,
        provider_session_id: &str,
        request: &ChargeRequest,
    ) -> Result<MethodCharge, ProviderError>;
}

/// What to open a page with. Everything in it is part of the idempotent request.
#[derive(Debug, Clone)]
pub struct SetupRequest {
    /// Comes back in every event.
    pub setup_id: MethodSetupId,
    pub provider_customer_id: String,
    pub success_url: Url,
    pub cancel_url: Url,
}

/// The page on which a method is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupPage {
    pub provider_setup_id: String,
    pub url: Url,
    pub expires_at: Option<Timestamp>,
}

/// A page and what was given there.
#[derive(Debug, Clone)]
pub struct SetupState {
    pub status: SetupStatus,
    /// Why the last try failed.
    pub failure: Option<Failure>,
}

#[derive(Debug, Clone)]
pub enum SetupStatus {
    Open,
    Complete(GivenMethod),
    /// Nobody can give anything there any more.
    Expired,
}

/// A method that was given.
#[derive(Debug, Clone)]
pub struct GivenMethod {
    /// What it is charged by: a secret.
    pub token: SecretString,
    pub summary: MethodSummary,
}

/// What to charge, and to what.
#[derive(Debug, Clone)]
pub struct ChargeRequest {
    /// Where the customer comes back to is used if the bank wants to hear them. It does not expire.
    pub session: SessionRequest,
    pub provider_customer_id: String,
    pub token: SecretString,
    pub presence: Presence,
}

/// Whether the customer is there to answer their bank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    OnSession,
    /// They have agreed before; a bank that wants to hear them declines.
    OffSession,
}

/// A charge that has been made, or waits for the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodCharge {
    /// Where the customer answers their bank (3-D Secure), where it asks.
    pub confirm_url: Option<Url>,
    pub state: SessionState,
}

/// A page on which a person looks after their methods. It is theirs for some minutes: whoever has its address is them.
#[derive(Debug, Clone)]
pub struct PortalRequest {
    pub provider_customer_id: String,
    /// Where they come back to.
    pub return_url: Url,
    /// The method that is charged where none is named: the provider is told first, so that the page shows it.
    pub default_method: Option<SecretString>,
}

/// A page on which a method was to be given has something to tell: ask [`MethodProvider::retrieve_setup`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetupMoved {
    pub setup_id: MethodSetupId,
    pub occurred_at: Timestamp,
}

/// A method changed at the provider: a bank sent a new card, or somebody gave it up there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodChanged {
    /// [`token_hash`] of its token, which events carry in the clear.
    pub token_hash: Vec<u8>,
    /// `None`: it is gone.
    pub now: Option<MethodSummary>,
}

/// A person has chosen at the provider which of their methods is charged where none is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultChosen {
    pub provider_customer_id: String,
    /// [`token_hash`] of the method's token.
    pub token_hash: Vec<u8>,
    /// To the second.
    pub occurred_at: Timestamp,
}

/// By what a token is found again without being readable.
pub fn token_hash(token: &str) -> Vec<u8> {
    use sha2::{Digest, Sha256};
    Sha256::digest(token).to_vec()
}
