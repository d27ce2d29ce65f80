//! `billing.refund_succeeded`: the money goes back from where it lies, whatever the reason of the refund.

use contracts::billing::v1::RefundSucceeded;
use events::{Delivery, HandlerError};
use kernel::Money;
use store::Conn;

use super::{instant, person, required, settlement, subject};
use crate::{
    App,
    allocations::{AllocationError, RefundedPayment, refund_payment_in_tx},
};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<RefundSucceeded>) -> Result<(), HandlerError> {
    refund_payment_in_tx(app, conn, fact(delivery)?).await?;
    Ok(())
}

fn fact(delivery: Delivery<RefundSucceeded>) -> Result<RefundedPayment, AllocationError> {
    let event = delivery.event;
    Ok(RefundedPayment {
        refund_id: event.refund_id.parse()?,
        payment_id: event.payment_id.parse()?,
        booking: subject(&required(event.payable, "payable")?)?,
        provider: event.provider.parse()?,
        amount: Money::new(event.amount, event.currency.parse()?),
        payment_amount: event.payment_amount,
        requested_by: person(&event.requested_by)?,
        at: instant(event.succeeded_at_micros, delivery.occurred_at),
        event_id: delivery.event_id,
        settlement: settlement(event.settlement)?,
        fee: event.application_fee,
    })
}
