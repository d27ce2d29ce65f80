//! A company's money has reached its bank: its people are told.

use contracts::billing::v1::PayoutPaid;
use events::{Delivery, HandlerError};
use store::Conn;

use super::payable::money;
use crate::mails::{self, Occasion, Recipient};

pub async fn handle(conn: &mut Conn, delivery: Delivery<PayoutPaid>) -> Result<(), HandlerError> {
    let event = delivery.event;
    let company_id = event.company_id.parse().map_err(HandlerError::rejected)?;
    let payout_id = event.payout_id.parse().map_err(HandlerError::rejected)?;
    let told = Occasion::CompanyPayoutPaid { amount: money(event.amount, &event.currency)?, payout_id };
    mails::order(conn, delivery.event_id, Recipient::Company(company_id), &told, true, delivery.occurred_at).await
}
