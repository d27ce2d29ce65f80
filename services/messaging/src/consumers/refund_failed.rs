//! Money could not go back: the customer and the company's people are told.

use contracts::billing::v1::{Payable, RefundFailed};
use events::{Delivery, HandlerError};
use jiff::Timestamp;
use store::Conn;
use uuid::Uuid;

use super::payable::{Payer, money};
use crate::mails::{self, Occasion, Recipient};

pub async fn handle(conn: &mut Conn, delivery: Delivery<RefundFailed>) -> Result<(), HandlerError> {
    let RefundFailed { payment_id, payable, currency, amount, failure_code, .. } = delivery.event;
    let failed = FailedRefund { payment_id, payable, currency, amount, why: failure_code };
    tell(conn, failed, (delivery.event_id, delivery.occurred_at)).await
}

/// What has not arrived, and why not.
pub(super) struct FailedRefund {
    pub payment_id: String,
    pub payable: Option<Payable>,
    pub currency: String,
    pub amount: i64,
    /// The provider's word.
    pub why: String,
}

pub(super) async fn tell(
    conn: &mut Conn,
    failed: FailedRefund,
    (event_id, at): (Uuid, Timestamp),
) -> Result<(), HandlerError> {
    let company_id = failed.payable.as_ref().map(|payable| payable.company_id.parse());
    let company_id = company_id.transpose().map_err(HandlerError::rejected)?;
    let payer = Payer::try_from(failed.payable)?;
    let (amount, booking_id) = (money(failed.amount, &failed.currency)?, payer.booking_id);
    if let Some(recipient) = payer.recipient() {
        let told = Occasion::RefundFailed { amount, booking_id };
        mails::order(conn, event_id, recipient, &told, true, at).await?;
    }
    let Some(company_id) = company_id else { return Ok(()) };
    let payment_id = failed.payment_id.parse().map_err(HandlerError::rejected)?;
    let told = Occasion::CompanyRefundFailed { amount, payment_id, why: failed.why, booking_id };
    mails::order(conn, event_id, Recipient::Company(company_id), &told, true, at).await
}
