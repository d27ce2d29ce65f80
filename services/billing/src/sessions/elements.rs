//! Sessions that are paid on the client's own page, in fields that are the provider's.
//!
//! The client confirms the payment with a secret. It is never stored, neither here nor with the answer under the client's key:
//! the provider is asked for it each time it is answered.

use bytes::Bytes;
use jiff::Timestamp;
use kernel::PaymentId;
use providers::{ElementsProvider, PaymentProvider, ProviderError};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service_kit::{IdempotencyError, StoredAnswer};

use super::{Session, SessionError, commands, model::Means, store as sessions};
use crate::{
    App,
    payments::{self, Payment, PaymentError, PaymentStatus, http::PaymentResponse, provider_of},
};

/// A payment with what a client needs that shows the provider's fields itself.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PaymentSession)]
pub struct PaymentSessionResponse {
    #[serde(flatten)]
    payment: PaymentResponse,
    /// With `"ui": "elements"`, and as long as it can be paid: what the client confirms the payment with. It is good for this
    /// payment alone; show it to nobody but its customer, and do not keep it.
    client_secret: Option<String>,
    /// With `"ui": "elements"`: the provider's, for a browser.
    publishable_key: Option<String>,
}

/// Makes a recorded payment known to the provider. Repeated, it is one payment there.
pub async fn open(
    app: &App,
    provider: &dyn PaymentProvider,
    (payment, session): (&Payment, &Session),
    now: Timestamp,
) -> Result<(), SessionError> {
    let payment_id = payment.id;
    let id = match elements_of(provider)?.create_intent(&session.request(payment)).await {
        Ok(id) => id,
        Err(error) => return Err(commands::record_refusal(app, payment_id, error, now).await?),
    };
    app.db
        .transaction(async |conn| {
            payments::store::lock_payment(conn, payment_id).await?.ok_or(PaymentError::Unknown(payment_id))?;
            Ok::<_, SessionError>(sessions::record_intent(conn, payment_id, &id).await?)
        })
        .await
}

fn elements_of(provider: &dyn PaymentProvider) -> Result<&dyn ElementsProvider, SessionError> {
    let off = || SessionError::ProviderUnavailable(ProviderError::NotConfigured(provider.name()));
    provider.elements().ok_or_else(off)
}

#[derive(Deserialize)]
struct Answered {
    id: PaymentId,
}

/// The stored answer with the secret of its payment, as long as it can be paid.
pub async fn with_secret(app: &App, stored: StoredAnswer) -> Result<StoredAnswer, SessionError> {
    let unreadable = |error: serde_json::Error| SessionError::from(IdempotencyError::from(error));
    let Answered { id } = serde_json::from_slice(&stored.body).map_err(unreadable)?;
    let mut body: serde_json::Map<String, Value> = serde_json::from_slice(&stored.body).map_err(unreadable)?;
    let (payment, session) = commands::find(app, id).await?.ok_or(PaymentError::Unknown(id))?;
    let secret = secret_of(app, &payment, &session).await?;
    let key = app.providers().publishable_key(payment.provider).map(str::to_owned);
    body.insert("client_secret".to_owned(), secret.map(|secret| secret.expose_secret().to_owned()).into());
    body.insert("publishable_key".to_owned(), key.into());
    let body = Bytes::from(serde_json::to_vec(&body).map_err(unreadable)?);
    Ok(StoredAnswer { body, ..stored })
}

async fn secret_of(app: &App, payment: &Payment, session: &Session) -> Result<Option<SecretString>, SessionError> {
    let can_be_paid = payment.status == PaymentStatus::Pending && session.is_open();
    let waits = can_be_paid && session.means == Means::Elements;
    let Some(id) = session.provider_session_id.as_ref().filter(|_| waits) else { return Ok(None) };
    let provider = provider_of(app, payment).await.map_err(SessionError::ProviderUnavailable)?;
    match elements_of(provider.as_ref())?.client_secret(id).await {
        Ok(secret) => Ok(Some(secret)),
        // What the provider has forgotten nobody can pay.
        Err(ProviderError::NotFound(_)) => Ok(None),
        Err(error) => Err(SessionError::ProviderUnavailable(error)),
    }
}
