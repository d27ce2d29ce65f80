//! A company's money has not reached its bank, or came back from there: its people are told.

use contracts::billing::v1::PayoutFailed;
use events::{Delivery, HandlerError};
use store::Conn;

use super::payable::money;
use crate::mails::{self, Occasion, Recipient};

pub async fn handle(conn: &mut Conn, delivery: Delivery<PayoutFailed>) -> Result<(), HandlerError> {
    let event = delivery.event;
    let company_id = event.company_id.parse().map_err(HandlerError::rejected)?;
    let payout_id = event.payout_id.parse().map_err(HandlerError::rejected)?;
    let amount = money(event.amount, &event.currency)?;
    let told = Occasion::CompanyPayoutFailed { amount, payout_id, why: event.failure_message };
    mails::order(conn, delivery.event_id, Recipient::Company(company_id), &told, true, delivery.occurred_at).await
}
