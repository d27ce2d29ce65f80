//! Payment providers behind one trait.
//!
//! A service asks [`Providers`] for an `Arc<dyn PaymentProvider>` by name and speaks in [`kernel::Money`], our own ids
//! and the states of this crate; what a provider calls things never leaves it. Nothing here touches a database or
//! decides what a payment becomes: that is billing's state machine.
//!
//! Every call has a timeout, and every call that creates something carries an idempotency key made of *our* id, so
//! that a caller who does not know whether a call arrived ([`ProviderError::outcome_is_unknown`]) repeats it as it was.

mod access;
mod config;
mod dispute;
mod error;
mod event;
mod http;
mod payout;
mod paypal;
mod pkce;
mod provider;
mod refund;
mod registry;
mod session;
mod square;
mod stripe;
mod vault;
mod webhook;

pub use access::{ProviderAccess, SandboxSecrets};
pub use config::{PaypalConfig, ProvidersConfig, SquareConfig, StripeConfig};
pub use dispute::{DisputeStatus, DisputeUpdated};
pub use error::{Failure, ProviderError};
pub use event::{
    ParseError, PaymentFailed, PaymentProcessing, PaymentSucceeded, ProviderEvent, RefundUpdated, SessionApproved,
    SessionExpired,
};
pub use payout::{
    AccountBalance, AccountRequest, AccountState, AccountUpdated, BankPayoutRequest, BankPayoutState, BankPayoutStatus,
    OnboardingLink, OnboardingRequest, PayoutProvider, PayoutUpdated, ReversalRequest, TransferRequest,
};
pub use provider::{PaymentProvider, ProviderName, UnknownProvider};
pub use refund::{RefundReason, RefundRequest, RefundState, RefundStatus};
pub use registry::{ConfigError, Mode, Providers};
pub use session::{
    ExpireOutcome, MethodSummary, PaymentState, PaymentStatus, Session, SessionRequest, SessionState, SessionStatus,
};
pub use square::oauth::{Authorization, SquareOauth, SquareToken};
pub use vault::{SealedToken, TokenVault, VaultError};
pub use webhook::{HeaderLookup, VerifiedEvent, WebhookError};
