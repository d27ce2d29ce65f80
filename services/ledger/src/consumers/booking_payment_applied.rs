//! `booking.booking_payment_applied`: the payment is allocated to company, commission and tax.

use contracts::{
    billing,
    booking::v1::{BookingPaymentApplied, CompanySettlement},
};
use events::{Delivery, HandlerError};
use kernel::Money;
use store::Conn;

use super::{commission, required, settlement};
use crate::{
    App,
    allocations::{AllocationError, AppliedPayment, allocate_payment_in_tx},
};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<BookingPaymentApplied>) -> Result<(), HandlerError> {
    allocate_payment_in_tx(app, conn, fact(delivery)?).await?;
    Ok(())
}

fn fact(delivery: Delivery<BookingPaymentApplied>) -> Result<AppliedPayment, AllocationError> {
    let event = delivery.event;
    let booking = required(event.booking, "booking")?;
    Ok(AppliedPayment {
        payment_id: event.payment_id.parse()?,
        booking_id: booking.booking_id.parse()?,
        company_id: booking.company_id.parse()?,
        country: booking.company_country.parse()?,
        amount: Money::new(event.amount, booking.currency.parse()?),
        subtotal: booking.subtotal,
        total: booking.total,
        at: delivery.occurred_at,
        event_id: delivery.event_id,
        settlement: settlement(event.settlement.map(billings))?,
        commission: commission(event.commission_ppm)?,
    })
}

/// Booking tells on what billing has told it.
fn billings(told: CompanySettlement) -> billing::v1::CompanySettlement {
    let CompanySettlement { commission, tax, passes_platform } = told;
    billing::v1::CompanySettlement { commission, tax, passes_platform }
}
