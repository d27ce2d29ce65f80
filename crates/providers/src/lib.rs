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
mod conflict;
mod disbursement;
mod dispute;
mod elements;
mod error;
mod event;
mod hold;
mod http;
mod method;
mod payout;
mod paypal;
mod pkce;
mod provider;
mod refund;
mod registry;
mod session;
mod square;
mod statement;
mod stripe;
mod vault;
mod webhook;

pub use access::{ProviderAccess, SandboxSecrets};
pub use config::{PaypalConfig, ProvidersConfig, SquareConfig, StripeConfig};
pub use conflict::repeat_on_conflict;
pub use disbursement::{DisbursementProvider, DisbursementRequest};
pub use dispute::{DisputeStatus, DisputeUpdated};
pub use elements::ElementsProvider;
pub use error::{Failure, ProviderError};
pub use event::{
    ParseError, PaymentAuthorized, PaymentCanceled, PaymentFailed, PaymentProcessing, PaymentSucceeded, ProviderEvent,
    RefundUpdated, SessionApproved, SessionExpired,
};
pub use hold::{CaptureMode, CaptureRequest, Held, HoldProvider};
pub use method::{
    ChargeRequest, DefaultChosen, GivenMethod, MethodChanged, MethodCharge, MethodProvider, PortalRequest, Presence,
    SetupMoved, SetupPage, SetupRequest, SetupState, SetupStatus, token_hash,
};
pub use payout::{
    AccountBalance, AccountRequest, AccountState, AccountUpdated, BankPayoutRequest, OnboardingLink, OnboardingRequest,
    PayoutProgress, PayoutProvider, PayoutSchedule, PayoutState, PayoutUpdated, ReversalRequest, TransferRequest,
};
pub use provider::{PaymentProvider, ProviderName, UnknownProvider};
pub use refund::{RefundReason, RefundRequest, RefundState, RefundStatus};
pub use registry::{ConfigError, Mode, Providers};
pub use session::{
    Destination, ExpireOutcome, MethodKinds, MethodSummary, PaymentState, PaymentStatus, Session, SessionRequest,
    SessionState, SessionStatus,
};
pub use square::oauth::{Authorization, SquareOauth, SquareToken};
pub use statement::{Movement, MovementKind, MovementsPage, MovementsRequest, StatementProvider};
pub use vault::{SealedToken, TokenVault, VaultError};
pub use webhook::{HeaderLookup, VerifiedEvent, WebhookError};
