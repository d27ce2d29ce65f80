//! What the others hear of authorisations. That one was captured is told as the success of a payment.

use contracts::billing::v1::AuthorizationRenewalFailed;
use events::outbox;
use jiff::Timestamp;
use store::Conn;

use crate::{
    payables::Payable,
    payments::{
        Payment,
        events::{change, contract_payable},
    },
};

/// The payment is the one that goes on being held, until it lapses.
pub async fn enqueue_renewal_failed(
    conn: &mut Conn,
    payment: &Payment,
    payable: &Payable,
    now: Timestamp,
) -> Result<(), store::Error> {
    let Some(authorization) = &payment.authorization else { return Ok(()) };
    let event = AuthorizationRenewalFailed {
        payment_id: payment.id.to_string(),
        payable: Some(contract_payable(payable)),
        provider: payment.provider.to_string(),
        currency: payment.amount.currency.to_string(),
        amount: authorization.held.unwrap_or_default(),
        failure_code: authorization.failure.as_ref().map(|failure| failure.code.clone()).unwrap_or_default(),
        held_until_micros: authorization.lapses_at().unwrap_or(now).as_microsecond(),
    };
    outbox::enqueue(conn, change(payment, now), &event).await?;
    Ok(())
}
