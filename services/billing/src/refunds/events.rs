//! What the others hear of a refund. Its events belong to the payment: they are published in the order in which the
//! payment's running total changed.

use contracts::billing::v1::{RefundFailed, RefundReturned, RefundSucceeded};
use events::outbox;
use jiff::Timestamp;
use store::{Conn, Error};

use super::Refund;
use crate::{
    payables::Payable,
    payments::{
        Payment,
        events::{change, contract_payable},
    },
};

/// `refunded_before` is the payment's total before this refund; the payment has the one after it.
pub async fn enqueue_succeeded(
    conn: &mut Conn,
    refund: &Refund,
    payment: &Payment,
    payable: &Payable,
    refunded_before: i64,
    now: Timestamp,
) -> Result<(), Error> {
    let event = RefundSucceeded {
        refund_id: refund.id.to_string(),
        payment_id: payment.id.to_string(),
        payable: Some(contract_payable(payable)),
        provider: payment.provider.to_string(),
        currency: refund.amount.currency.to_string(),
        amount: refund.amount.amount,
        payment_amount: payment.captured,
        refunded_before,
        refunded_after: payment.refunded,
        reason: refund.reason().to_owned(),
        succeeded_at_micros: now.as_microsecond(),
        requested_by: refund.requested_by.map(|person| person.to_string()).unwrap_or_default(),
        settlement: payment.told_settlement(),
        application_fee: refund.application_fee.map_or(0, |fee| fee.amount),
    };
    outbox::enqueue(conn, change(payment, now), &event).await?;
    Ok(())
}

/// `refunded_before` is the payment's total with this refund; the payment has the one without it.
pub async fn enqueue_returned(
    conn: &mut Conn,
    refund: &Refund,
    payment: &Payment,
    payable: &Payable,
    refunded_before: i64,
    now: Timestamp,
) -> Result<(), Error> {
    let event = RefundReturned {
        refund_id: refund.id.to_string(),
        payment_id: payment.id.to_string(),
        payable: Some(contract_payable(payable)),
        provider: payment.provider.to_string(),
        currency: refund.amount.currency.to_string(),
        amount: refund.amount.amount,
        payment_amount: payment.captured,
        refunded_before,
        refunded_after: payment.refunded,
        failure_code: refund.failure.as_ref().map(|failure| failure.code.clone()).unwrap_or_default(),
        returned_at_micros: now.as_microsecond(),
        requested_by: refund.requested_by.map(|person| person.to_string()).unwrap_or_default(),
        settlement: payment.told_settlement(),
        application_fee: refund.application_fee.map_or(0, |fee| fee.amount),
    };
    outbox::enqueue(conn, change(payment, now), &event).await?;
    Ok(())
}

pub async fn enqueue_failed(
    conn: &mut Conn,
    refund: &Refund,
    payment: &Payment,
    payable: &Payable,
    failure_code: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let event = RefundFailed {
        refund_id: refund.id.to_string(),
        payment_id: payment.id.to_string(),
        payable: Some(contract_payable(payable)),
        currency: refund.amount.currency.to_string(),
        amount: refund.amount.amount,
        failure_code: failure_code.to_owned(),
    };
    outbox::enqueue(conn, change(payment, now), &event).await?;
    Ok(())
}
