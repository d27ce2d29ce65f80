//! A provider's event whose signature webhook has verified. What it tells goes through the same pipeline as the
//! provider's answers. One that cannot be read, or that is about money we know nothing of, is refused, so that it is
//! tried again and in the end kept for people to look at. A refund or dispute that overtook its payment waits for it.

use contracts::webhook::v1::ProviderEventReceived;
use events::{Delivery, HandlerError};
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::PaymentId;
use providers::{ProviderEvent, ProviderName};
use store::Conn;
use uuid::Uuid;

use crate::{
    App,
    disputes::{DisputeError, commands::record_dispute_in_tx},
    early_events::{self, store::EarlyRow},
    payment_methods::{
        MethodError,
        commands::{record_change_in_tx, record_default_in_tx},
        store::setups,
    },
    payments::{Fact, PaymentError, commands::record_facts_in_tx, facts::fact_of_event},
    payout_accounts::{self, AccountError},
    payouts::{self, PayoutError},
    refunds::commands::record_event_in_tx,
    sessions::{self, approvals},
};

/// The payment it is about: Stripe tells of a success three times at once.
pub fn payment_of(app: &App, received: ProviderEventReceived) -> Option<Uuid> {
    let provider = app.provider(received.provider.parse().ok()?).ok()?;
    let event = provider.parse_event(&received.payload).ok()?;
    event.payment_id().map(PaymentId::uuid)
}

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<ProviderEventReceived>) -> Result<(), HandlerError> {
    let (received, now) = (delivery.event, app.clock.now());
    let name: ProviderName = received.provider.parse().map_err(HandlerError::rejected)?;
    let provider = app.provider(name).map_err(HandlerError::rejected)?;
    let event = provider.parse_event(&received.payload).map_err(HandlerError::rejected)?;
    if let Some(provider_payment_id) = early_events::payment_of(&event)
        && !early_events::store::is_paid(conn, name.as_str(), provider_payment_id).await?
    {
        let provider_payment_id = provider_payment_id.to_owned();
        return Ok(early_events::store::keep(conn, early(received, provider_payment_id, now)).await?);
    }
    match event {
        ProviderEvent::RefundUpdated(refund) => record_event_in_tx(conn, name.as_str(), refund, now).await?,
        ProviderEvent::DisputeUpdated(told) => {
            record_dispute_in_tx(conn, name, &told, now).await?;
        }
        ProviderEvent::AccountUpdated(told) => {
            payout_accounts::commands::record_event_in_tx(conn, &told, now).await?;
        }
        ProviderEvent::PayoutUpdated(told) => {
            payouts::commands::record_event_in_tx(conn, told, now).await?;
        }
        ProviderEvent::SetupMoved(told) => setups::ask_soon(conn, told.setup_id, now).await?,
        ProviderEvent::MethodChanged(told) => record_change_in_tx(conn, name, &told, now).await?,
        ProviderEvent::DefaultChosen(told) => record_default_in_tx(conn, name, &told, now).await?,
        // Before the session is known to be open, too: the job that takes the money opens it then.
        ProviderEvent::SessionApproved(approved) => approvals::record(conn, approved.payment_id, now).await?,
        event => {
            let Some((payment_id, mut fact)) = fact_of_event(event, &received.provider_event_id) else {
                tracing::debug!(event_type = received.event_type, "provider event ignored");
                return Ok(());
            };
            if let Fact::Declined(decline) = &mut fact {
                // A saved method is charged once: there is no page to try again on.
                decline.is_final |= sessions::store::is_charge(conn, payment_id).await?;
            }
            record_facts_in_tx(conn, payment_id, &[fact], now).await?;
        }
    }
    Ok(())
}

fn early(received: ProviderEventReceived, provider_payment_id: String, now: Timestamp) -> EarlyRow {
    EarlyRow {
        provider: received.provider,
        provider_event_id: received.provider_event_id,
        provider_payment_id,
        payload: received.payload.into(),
        received_at: now.to_diesel(),
    }
}

impl From<PaymentError> for HandlerError {
    fn from(error: PaymentError) -> Self {
        match error {
            PaymentError::Store(error) => Self::Store(error),
            other => Self::rejected(other),
        }
    }
}

impl From<MethodError> for HandlerError {
    fn from(error: MethodError) -> Self {
        match error {
            MethodError::Store(error) => Self::Store(error),
            other => Self::rejected(other),
        }
    }
}

impl From<DisputeError> for HandlerError {
    fn from(error: DisputeError) -> Self {
        match error {
            DisputeError::Store(error) => Self::Store(error),
            other => Self::rejected(other),
        }
    }
}

impl From<PayoutError> for HandlerError {
    fn from(error: PayoutError) -> Self {
        match error {
            PayoutError::Store(error) => Self::Store(error),
            other => Self::rejected(other),
        }
    }
}

impl From<AccountError> for HandlerError {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(error) => Self::Store(error),
            other => Self::rejected(other),
        }
    }
}
