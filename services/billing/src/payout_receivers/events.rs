//! What messaging hears of a receiver, to ask for a secret and mail it.

use contracts::billing::v1::PayoutReceiverNamed;
use events::outbox::{self, Change};
use jiff::Timestamp;
use store::{Conn, Error};

use super::PayoutReceiver;

/// The address is to be confirmed.
pub async fn enqueue_named(
    conn: &mut Conn,
    receiver: &PayoutReceiver,
    company_name: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let change = Change {
        aggregate_type: "payout_receiver",
        aggregate_id: receiver.id.uuid(),
        version: 1,
        ordinal: 0,
        tenant: Some(receiver.company_id.uuid()),
        occurred_at: now,
    };
    let event = PayoutReceiverNamed {
        receiver_id: receiver.id.to_string(),
        company_id: receiver.company_id.to_string(),
        company_name: company_name.to_owned(),
        provider: receiver.provider.to_string(),
        email: receiver.address.to_string(),
        named_by: receiver.named_by.to_string(),
        named_at_micros: receiver.named_at.as_microsecond(),
    };
    outbox::enqueue(conn, change, &event).await?;
    Ok(())
}
