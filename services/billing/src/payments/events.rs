//! What the others hear of a payment.

use contracts::billing::v1::{PaymentFailed, PaymentSucceeded};
use events::outbox::{self, Change};
use jiff::Timestamp;
use store::Conn;

use super::Payment;
use crate::payables::Payable;

/// The payment's place in the outbox: events of one payment are published in the order of its versions.
pub fn change(payment: &Payment, now: Timestamp) -> Change {
    Change {
        aggregate_type: "payment",
        aggregate_id: payment.id.uuid(),
        version: payment.version,
        ordinal: 0,
        tenant: Some(payment.company_id.uuid()),
        occurred_at: now,
    }
}

pub fn contract_payable(payable: &Payable) -> contracts::billing::v1::Payable {
    contracts::billing::v1::Payable {
        r#type: payable.reference.kind().to_owned(),
        id: payable.reference.id_text(),
        company_id: payable.company_id.to_string(),
        company_country: payable.company_country.clone(),
        customer_user_id: payable.customer_user_id.map(|id| id.to_string()).unwrap_or_default(),
        subtotal: payable.subtotal,
        total: payable.total,
    }
}

pub async fn enqueue_succeeded(
    conn: &mut Conn,
    payment: &Payment,
    payable: &Payable,
    now: Timestamp,
) -> Result<(), store::Error> {
    let event = PaymentSucceeded {
        payment_id: payment.id.to_string(),
        payable: Some(contract_payable(payable)),
        provider: payment.provider.to_string(),
        provider_payment_id: payment.provider_payment_id.clone().unwrap_or_default(),
        currency: payment.amount.currency.to_string(),
        amount: payment.captured,
        succeeded_at_micros: payment.succeeded_at.unwrap_or(now).as_microsecond(),
        was_held: payment.authorization.is_some(),
        settlement: payment.told_settlement(),
        commission_ppm: payment.commission.map(|rate| rate.ppm().into()),
    };
    outbox::enqueue(conn, change(payment, now), &event).await?;
    Ok(())
}

pub async fn enqueue_failed(
    conn: &mut Conn,
    payment: &Payment,
    payable: &Payable,
    failure_code: &str,
    now: Timestamp,
) -> Result<(), store::Error> {
    let event = PaymentFailed {
        payment_id: payment.id.to_string(),
        payable: Some(contract_payable(payable)),
        provider: payment.provider.to_string(),
        currency: payment.amount.currency.to_string(),
        amount: payment.amount.amount,
        failure_code: failure_code.to_owned(),
    };
    outbox::enqueue(conn, change(payment, now), &event).await?;
    Ok(())
}
