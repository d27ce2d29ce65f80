//! What the others hear of saved methods.

use contracts::billing::v1::{PaymentMethodRemoved, PaymentMethodSaved};
use events::outbox::{self, Change};
use jiff::Timestamp;
use store::Conn;

use super::PaymentMethod;

fn change(method: &PaymentMethod, now: Timestamp) -> Change {
    Change {
        aggregate_type: "payment_method",
        aggregate_id: method.id.uuid(),
        version: method.version,
        ordinal: 0,
        tenant: None,
        occurred_at: now,
    }
}

pub async fn enqueue_saved(conn: &mut Conn, method: &PaymentMethod, now: Timestamp) -> Result<(), store::Error> {
    let event = PaymentMethodSaved {
        payment_method_id: method.id.to_string(),
        user_id: method.user_id.to_string(),
        provider: method.provider.to_string(),
        kind: method.summary.kind.clone(),
        brand: method.summary.brand.clone().unwrap_or_default(),
        last4: method.summary.last4.clone().unwrap_or_default(),
        saved_at_micros: method.created_at.as_microsecond(),
    };
    outbox::enqueue(conn, change(method, now), &event).await?;
    Ok(())
}

pub async fn enqueue_removed(conn: &mut Conn, method: &PaymentMethod, now: Timestamp) -> Result<(), store::Error> {
    let event = PaymentMethodRemoved {
        payment_method_id: method.id.to_string(),
        user_id: method.user_id.to_string(),
        removed_at_micros: now.as_microsecond(),
    };
    outbox::enqueue(conn, change(method, now), &event).await?;
    Ok(())
}
