//! What every payment provider can do for us.

use std::{fmt, str::FromStr, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{
    DisbursementProvider, ElementsProvider, ExpireOutcome, HeaderLookup, HoldProvider, MethodProvider, ParseError,
    PayoutProvider, ProviderError, ProviderEvent, RefundRequest, RefundState, Session, SessionRequest, SessionState,
    StatementProvider, VerifiedEvent, WebhookError,
};

/// The providers the platform knows; whether one is configured is for [`crate::Providers`] to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProviderName {
    Stripe,
    Square,
    Paypal,
}

impl ProviderName {
    pub const ALL: [Self; 3] = [Self::Stripe, Self::Square, Self::Paypal];

    /// The lower-case name used in the API, in ledger accounts and in webhook paths.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Square => "square",
            Self::Paypal => "paypal",
        }
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text names no provider we know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected one of stripe, square, paypal")]
pub struct UnknownProvider;

impl FromStr for ProviderName {
    type Err = UnknownProvider;

    fn from_str(text: &str) -> Result<Self, UnknownProvider> {
        Self::ALL.into_iter().find(|name| name.as_str() == text).ok_or(UnknownProvider)
    }
}

/// One payment provider, shared as `Arc<dyn PaymentProvider>`.
///
/// The caller records its intent before a call that creates something and the answer after it; none of these may be
/// called while a database transaction is open.
#[async_trait]
pub trait PaymentProvider: fmt::Debug + Send + Sync {
    fn name(&self) -> ProviderName;

    /// Opens a page on which the customer pays `request.amount` once. Idempotent by `request.payment_id`
    /// (key `session:<payment_id>`): the same request again gives the same session, another request under the same
    /// payment id gives [`ProviderError::KeyReused`].
    async fn create_session(&self, request: SessionRequest) -> Result<Session, ProviderError>;

    /// The session and its payment as the provider sees them now.
    async fn retrieve_session(&self, provider_session_id: &str) -> Result<SessionState, ProviderError>;

    /// Takes the money of a session that its customer has approved ([`crate::SessionStatus::Approved`]), once: repeated,
    /// it answers the same payment. A refusal of the customer's bank is a state, not an error. Most providers take the
    /// money themselves when the customer pays; for them this is [`Self::retrieve_session`].
    async fn complete_session(&self, provider_session_id: &str) -> Result<SessionState, ProviderError> {
        self.retrieve_session(provider_session_id).await
    }

    /// Closes an open session. One that is already complete or expired is no error: the outcome tells.
    async fn expire_session(&self, provider_session_id: &str) -> Result<ExpireOutcome, ProviderError>;

    /// Pays `request.amount` of a captured payment back. Idempotent by `request.refund_id` (key `refund:<refund_id>`).
    async fn refund(&self, request: RefundRequest) -> Result<RefundState, ProviderError>;

    /// The refund as the provider sees it now.
    async fn retrieve_refund(&self, provider_refund_id: &str) -> Result<RefundState, ProviderError>;

    /// The same provider for what happens on a company's own account, with the token that the company has given us; `None`
    /// where companies do not connect accounts of their own. No network call.
    fn acting_for(&self, _company: SecretString) -> Option<Arc<dyn PaymentProvider>> {
        None
    }

    /// How companies are paid by way of accounts that we make for them there; `None` where they are not.
    fn payouts(&self) -> Option<&dyn PayoutProvider> {
        None
    }

    /// How companies are paid straight to their own accounts there; `None` where they are not.
    fn disbursements(&self) -> Option<&dyn DisbursementProvider> {
        None
    }

    /// What has moved on our own balance there; `None` where it cannot be asked for.
    fn statement(&self) -> Option<&dyn StatementProvider> {
        None
    }

    /// Refunds and disputes since `from` as the provider sees them at `to`, as its events would tell, the newest first: for
    /// those of which no event has arrived. Disputes may be older, and what [`Self::statement`] tells is left out. Nothing
    /// where the provider has no such lists.
    async fn list_news(&self, _from: Timestamp, _to: Timestamp) -> Result<Vec<ProviderEvent>, ProviderError> {
        Ok(Vec::new())
    }

    /// How methods are saved at this provider; `None` where they are not.
    fn methods(&self) -> Option<&dyn MethodProvider> {
        None
    }

    /// How clients confirm payments on pages of their own; `None` where customers pay on the provider's alone.
    fn elements(&self) -> Option<&dyn ElementsProvider> {
        None
    }

    /// How money is held at this provider and taken later; `None` where it is not.
    fn holds(&self) -> Option<&dyn HoldProvider> {
        None
    }

    /// Checks that `body` was signed by the provider, for us, close to `now` (from the service's `Clock`).
    /// A body that is signed but cannot be understood is still verified, so that it can be stored and looked at.
    /// PayPal's certificates are fetched when they are met for the first time; the others need no network.
    async fn verify_webhook(
        &self,
        headers: &dyn HeaderLookup,
        body: &[u8],
        now: Timestamp,
    ) -> Result<VerifiedEvent, WebhookError>;

    /// A verified body as it may be kept and passed on: without what somebody could confirm a payment with.
    fn without_secrets(&self, payload: &[u8]) -> Vec<u8> {
        payload.to_vec()
    }

    /// What a verified body says, in our words. Pure: the same bytes always give the same event.
    fn parse_event(&self, payload: &[u8]) -> Result<ProviderEvent, ParseError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_text_and_json() {
        for name in ProviderName::ALL {
            assert_eq!(name.to_string().parse(), Ok(name));
            assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
        }
        assert_eq!("Stripe".parse::<ProviderName>(), Err(UnknownProvider));
    }
}
