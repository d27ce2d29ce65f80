//! billing.PaymentSucceeded: confirms a hold, counts towards the price, or has to go back.

use contracts::billing::v1::PaymentSucceeded;
use events::{Delivery, HandlerError};
use kernel::{Currency, Money};
use store::Conn;

use super::refused;
use crate::{
    bookings::{
        commands::receive_payment_in_tx,
        payment::{CompanySettlement, Origin, Payment},
    },
    startup::App,
};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<PaymentSucceeded>) -> Result<(), HandlerError> {
    let event = delivery.event;
    let payable = event.payable.unwrap_or_default();
    if payable.r#type != "booking" {
        return Ok(());
    }
    let booking_id = payable.id.parse().map_err(HandlerError::rejected)?;
    let currency: Currency = event.currency.parse().map_err(HandlerError::rejected)?;
    let payment = Payment {
        id: event.payment_id.parse().map_err(HandlerError::rejected)?,
        amount: Money::new(event.amount, currency),
        origin: if event.was_held { Origin::Held } else { Origin::Paid },
        settlement: event.settlement.map(|told| CompanySettlement {
            commission: told.commission,
            tax: told.tax,
            passes_platform: told.passes_platform,
        }),
        commission_ppm: event.commission_ppm,
    };
    receive_payment_in_tx(app, conn, booking_id, payment).await.map_err(refused)
}
