//! `billing.payment_succeeded`: the money is received, and unallocated until somebody says what it is for.

use contracts::billing::v1::PaymentSucceeded;
use events::{Delivery, HandlerError};
use kernel::Money;
use store::Conn;

use super::{instant, settlement};
use crate::{
    App,
    allocations::{AllocationError, ReceivedPayment, receive_payment_in_tx},
};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<PaymentSucceeded>) -> Result<(), HandlerError> {
    receive_payment_in_tx(app, conn, fact(delivery)?).await?;
    Ok(())
}

fn fact(delivery: Delivery<PaymentSucceeded>) -> Result<ReceivedPayment, AllocationError> {
    let event = delivery.event;
    Ok(ReceivedPayment {
        payment_id: event.payment_id.parse()?,
        provider: event.provider.parse()?,
        amount: Money::new(event.amount, event.currency.parse()?),
        at: instant(event.succeeded_at_micros, delivery.occurred_at),
        event_id: delivery.event_id,
        settlement: settlement(event.settlement)?,
    })
}
