//! `booking.booking_desk_payment_recorded`: the company has taken money at its desk.

use contracts::booking::v1::BookingDeskPaymentRecorded;
use events::{Delivery, HandlerError};
use kernel::Money;
use store::Conn;

use super::{commission, person, required};
use crate::{
    App,
    allocations::{AllocationError, DeskPayment, take_at_desk_in_tx},
};

/// What will be asked for with an invoice is not there yet.
pub const INVOICE: &str = "invoice";

pub async fn handle(
    app: &App,
    conn: &mut Conn,
    delivery: Delivery<BookingDeskPaymentRecorded>,
) -> Result<(), HandlerError> {
    if delivery.event.method != INVOICE {
        take_at_desk_in_tx(app, conn, fact(delivery)?).await?;
    }
    Ok(())
}

fn fact(delivery: Delivery<BookingDeskPaymentRecorded>) -> Result<DeskPayment, AllocationError> {
    let event = delivery.event;
    let booking = required(event.booking, "booking")?;
    Ok(DeskPayment {
        payment_id: event.payment_id.parse()?,
        company_id: booking.company_id.parse()?,
        country: booking.company_country.parse()?,
        amount: Money::new(event.amount, booking.currency.parse()?),
        subtotal: booking.subtotal,
        total: booking.total,
        recorded_by: person(&event.recorded_by)?,
        commission: commission(event.commission_ppm)?,
        at: delivery.occurred_at,
        event_id: delivery.event_id,
    })
}
