//! Payment providers behind one trait.
//!
//! A service asks [`Providers`] for an `Arc<dyn PaymentProvider>` by name and speaks in [`kernel::Money`], our own ids
//! and the states of this crate; what a provider calls things never leaves it. Nothing here touches a database or
//! decides what a payment becomes: that is billing's state machine.
//!
//! Every call has a timeout, and every call that creates something carries an idempotency key made of *our* id, so
//! that a caller who does not know whether a call arrived ([`ProviderError::outcome_is_unknown`]) repeats it as it was.

mod config;
mod error;
mod event;
mod provider;
mod refund;
mod registry;
mod session;
mod stripe;
mod webhook;

pub use config::{ProvidersConfig, StripeConfig};
pub use error::{Failure, ProviderError};
pub use event::{
    ParseError, PaymentFailed, PaymentProcessing, PaymentSucceeded, ProviderEvent, RefundUpdated, SessionExpired,
};
pub use provider::{PaymentProvider, ProviderName, UnknownProvider};
pub use refund::{RefundReason, RefundRequest, RefundState, RefundStatus};
pub use registry::{ConfigError, Mode, Providers};
pub use session::{
    ExpireOutcome, MethodSummary, PaymentState, PaymentStatus, Session, SessionRequest, SessionState, SessionStatus,
};
pub use webhook::{HeaderLookup, VerifiedEvent, WebhookError};
