//! `booking.booking_desk_refund_recorded`: the company has handed money back at its desk.

use contracts::booking::v1::BookingDeskRefundRecorded;
use events::{Delivery, HandlerError};
use kernel::Money;
use store::Conn;

use super::{booking_desk_payment_recorded::INVOICE, commission, person, required};
use crate::{
    App,
    allocations::{AllocationError, DeskPayment, DeskRefund, return_at_desk_in_tx},
};

pub async fn handle(
    app: &App,
    conn: &mut Conn,
    delivery: Delivery<BookingDeskRefundRecorded>,
) -> Result<(), HandlerError> {
    // What was never taken cannot come back.
    if delivery.event.payment_method != INVOICE {
        return_at_desk_in_tx(app, conn, fact(delivery)?).await?;
    }
    Ok(())
}

fn fact(delivery: Delivery<BookingDeskRefundRecorded>) -> Result<DeskRefund, AllocationError> {
    let event = delivery.event;
    let booking = required(event.booking, "booking")?;
    let payment = DeskPayment {
        payment_id: event.payment_id.parse()?,
        company_id: booking.company_id.parse()?,
        country: booking.company_country.parse()?,
        amount: Money::new(event.payment_amount, booking.currency.parse()?),
        subtotal: event.price_subtotal,
        total: event.price_total,
        recorded_by: person(&event.recorded_by)?,
        commission: commission(event.commission_ppm)?,
        at: delivery.occurred_at,
        event_id: delivery.event_id,
    };
    let (before, amount) = (event.refunded_before, event.amount);
    Ok(DeskRefund { refund_id: event.refund_id.parse()?, payment, before, amount })
}
