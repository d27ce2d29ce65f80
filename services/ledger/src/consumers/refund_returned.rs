//! `billing.refund_returned`: money that had gone back was not taken there, and is at the provider again.

use contracts::billing::v1::RefundReturned;
use events::{Delivery, HandlerError};
use kernel::Money;
use store::Conn;

use super::{instant, person, required, settlement, subject};
use crate::{
    App,
    allocations::{AllocationError, RefundedPayment, return_refund_in_tx},
};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<RefundReturned>) -> Result<(), HandlerError> {
    return_refund_in_tx(app, conn, fact(delivery)?).await?;
    Ok(())
}

fn fact(delivery: Delivery<RefundReturned>) -> Result<RefundedPayment, AllocationError> {
    let event = delivery.event;
    Ok(RefundedPayment {
        refund_id: event.refund_id.parse()?,
        payment_id: event.payment_id.parse()?,
        booking: subject(&required(event.payable, "payable")?)?,
        provider: event.provider.parse()?,
        amount: Money::new(event.amount, event.currency.parse()?),
        payment_amount: event.payment_amount,
        requested_by: person(&event.requested_by)?,
        at: instant(event.returned_at_micros, delivery.occurred_at),
        event_id: delivery.event_id,
        settlement: settlement(event.settlement)?,
        fee: event.application_fee,
    })
}
