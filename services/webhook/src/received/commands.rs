//! Receive and replay.

use events::outbox;
use kernel::EventId;
use providers::ProviderName;

use super::{
    error::ReceivedError,
    events::{publication, told_of_stored},
    model::ReceivedEvent,
    store::{self, ReceivedRow},
};
use crate::startup::App;

/// What became of a delivery; the provider is told the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    Stored,
    /// It had been stored before; nothing was published.
    Repeated,
}

/// Verifies a delivery, and stores and publishes its event in one statement. When this answers `Ok` the event is
/// durable, and the provider need not send it again.
pub async fn receive_event(
    app: &App,
    provider: &str,
    headers: Vec<(String, String)>,
    body: &[u8],
) -> Result<Receipt, ReceivedError> {
    let name: ProviderName = provider.parse().map_err(|_| ReceivedError::UnknownProvider)?;
    let provider = app.providers()?.get(name).ok_or(ReceivedError::UnknownProvider)?;
    let now = app.clock.now();
    let verified = provider.verify_webhook(&headers, body, now).await.inspect_err(|reason| {
        tracing::warn!(provider = name.as_str(), %reason, "event refused");
    })?;
    let subjects = provider.parse_event(body).map(|event| event.subjects()).unwrap_or_default();
    let payload = provider.without_secrets(body);
    let event = ReceivedEvent::new(name, verified, &headers, (&payload, subjects), now);
    let is_new = store::store_and_publish(&*app.db.conn().await?, &event, now).await?;
    let receipt = if is_new { Receipt::Stored } else { Receipt::Repeated };
    tracing::info!(provider = name.as_str(), event_type = event.event_type, ?receipt, "event received");
    Ok(receipt)
}

/// Publishes a stored event once more, under a new event id, so that no inbox absorbs it.
pub async fn replay_event(app: &App, id: EventId) -> Result<ReceivedRow, ReceivedError> {
    let now = app.clock.now();
    app.db
        .transaction(async |conn| {
            let row = store::bump_version(conn, id).await?.ok_or(ReceivedError::NotFound)?;
            outbox::enqueue(conn, publication(row.id, row.version, now), &told_of_stored(&row)).await?;
            Ok(row)
        })
        .await
}
