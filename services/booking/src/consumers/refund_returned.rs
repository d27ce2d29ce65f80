//! billing.RefundReturned: what had gone back to the customer, and came back from there.

use contracts::billing::v1::RefundReturned;
use events::{Delivery, HandlerError};
use store::Conn;

use super::refund_succeeded::receive;
use crate::{bookings::commands::RefundHeard, startup::App};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<RefundReturned>) -> Result<(), HandlerError> {
    let RefundReturned { refund_id, payment_id, amount, payable, .. } = delivery.event;
    let refund = RefundHeard {
        id: refund_id.parse().map_err(HandlerError::rejected)?,
        payment_id: payment_id.parse().map_err(HandlerError::rejected)?,
        amount,
        is_returned: true,
    };
    receive(app, conn, payable, refund).await
}
