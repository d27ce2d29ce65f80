//! billing.RefundSucceeded: what went back to the customer.

use contracts::billing::v1::{Payable, RefundSucceeded};
use events::{Delivery, HandlerError};
use store::Conn;

use super::refused;
use crate::{
    bookings::commands::{RefundHeard, receive_refund_in_tx},
    startup::App,
};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<RefundSucceeded>) -> Result<(), HandlerError> {
    let event = delivery.event;
    let refund = RefundHeard {
        id: event.refund_id.parse().map_err(HandlerError::rejected)?,
        payment_id: event.payment_id.parse().map_err(HandlerError::rejected)?,
        amount: event.amount,
        is_returned: false,
    };
    receive(app, conn, event.payable, refund).await
}

/// Refunds of other things are none of ours.
pub(super) async fn receive(
    app: &App,
    conn: &mut Conn,
    payable: Option<Payable>,
    refund: RefundHeard,
) -> Result<(), HandlerError> {
    let payable = payable.unwrap_or_default();
    if payable.r#type != "booking" {
        return Ok(());
    }
    let booking_id = payable.id.parse().map_err(HandlerError::rejected)?;
    receive_refund_in_tx(app, conn, booking_id, refund).await.map_err(refused)
}
