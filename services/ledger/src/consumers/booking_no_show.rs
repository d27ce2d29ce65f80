//! `booking.booking_no_show`: nobody came, and nothing goes back. The company's share becomes payable.

use contracts::booking::v1::BookingNoShow;
use events::{Delivery, HandlerError};
use store::Conn;

use super::required;
use crate::{
    App,
    allocations::{AllocationError, CompletedBooking, complete_booking_in_tx},
};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<BookingNoShow>) -> Result<(), HandlerError> {
    complete_booking_in_tx(app, conn, fact(delivery)?).await?;
    Ok(())
}

fn fact(delivery: Delivery<BookingNoShow>) -> Result<CompletedBooking, AllocationError> {
    let booking = required(delivery.event.booking, "booking")?;
    Ok(CompletedBooking {
        booking_id: booking.booking_id.parse()?,
        company_id: booking.company_id.parse()?,
        currency: booking.currency.parse()?,
        at: delivery.occurred_at,
        event_id: delivery.event_id,
    })
}
