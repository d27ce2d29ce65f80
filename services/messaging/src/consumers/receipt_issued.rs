//! A receipt exists: whoever paid gets its number.

use contracts::billing::v1::ReceiptIssued;
use events::{Delivery, HandlerError};
use store::Conn;

use super::payable::{Payer, money};
use crate::mails::{self, Occasion};

pub async fn handle(conn: &mut Conn, delivery: Delivery<ReceiptIssued>) -> Result<(), HandlerError> {
    let event = delivery.event;
    let payer = Payer::try_from(event.payable)?;
    let Some(recipient) = payer.recipient() else { return Ok(()) };
    let amount = money(event.amount, &event.currency)?;
    let told = Occasion::ReceiptIssued { number: event.number, amount, booking_id: payer.booking_id };
    mails::order(conn, delivery.event_id, recipient, &told, true, delivery.occurred_at).await
}
