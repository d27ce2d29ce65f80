//! Refunds and disputes that providers tell of before their payment: providers promise no order. They are kept, and taken in
//! as soon as the payment is known to be paid. What belongs to something else in the same account is forgotten in time.

pub mod store;

use ::store::Conn;
use events::HandlerError;
use jiff::Timestamp;
use providers::{PaymentProvider, ProviderEvent, ProviderName};

use self::store::EarlyRow;
use crate::{App, disputes::commands::record_dispute_in_tx, refunds::commands::record_event_in_tx};

/// The payment that an event is about, where the provider's own id for it is all that tells.
pub fn payment_of(event: &ProviderEvent) -> Option<&str> {
    match event {
        ProviderEvent::RefundUpdated(refund) if refund.refund_id.is_none() => Some(&refund.provider_payment_id),
        ProviderEvent::DisputeUpdated(dispute) => Some(&dispute.provider_payment_id),
        _ => None,
    }
}

/// Takes in what was told too early. Its payment is known by now.
pub async fn adopt(app: &App, early: &EarlyRow, now: Timestamp) -> Result<(), HandlerError> {
    let name: ProviderName = early.provider.parse().map_err(HandlerError::rejected)?;
    let provider = app.provider(name).map_err(HandlerError::rejected)?;
    app.db.transaction(async |conn| adopt_in_tx(conn, provider.as_ref(), early, now).await).await
}

/// Its row goes with its effect, so that of two processes one has it.
async fn adopt_in_tx(
    conn: &mut Conn,
    provider: &dyn PaymentProvider,
    early: &EarlyRow,
    now: Timestamp,
) -> Result<(), HandlerError> {
    if !store::take(conn, early).await? {
        return Ok(());
    }
    match provider.parse_event(&early.payload).map_err(HandlerError::rejected)? {
        ProviderEvent::RefundUpdated(refund) => record_event_in_tx(conn, &early.provider, refund, now).await?,
        ProviderEvent::DisputeUpdated(told) => {
            record_dispute_in_tx(conn, provider.name(), &told, now).await?;
        }
        _ => {}
    }
    Ok(())
}
