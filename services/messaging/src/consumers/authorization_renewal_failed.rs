//! What a company holds lapses soon and could not be held anew: its people are told while they can still take it.

use contracts::billing::v1::AuthorizationRenewalFailed;
use events::{Delivery, HandlerError};
use jiff::Timestamp;
use store::Conn;

use super::payable::{Payer, money};
use crate::mails::{self, Occasion, Recipient};

pub async fn handle(conn: &mut Conn, delivery: Delivery<AuthorizationRenewalFailed>) -> Result<(), HandlerError> {
    let event = delivery.event;
    let company_id = event.payable.as_ref().map(|payable| payable.company_id.parse()).transpose();
    let Some(company_id) = company_id.map_err(HandlerError::rejected)? else {
        return Err(HandlerError::rejected("the event has no payable"));
    };
    let told = Occasion::CompanyHoldNotRenewed {
        amount: money(event.amount, &event.currency)?,
        payment_id: event.payment_id.parse().map_err(HandlerError::rejected)?,
        why: event.failure_code,
        until: Timestamp::from_microsecond(event.held_until_micros).map_err(HandlerError::rejected)?,
        booking_id: Payer::try_from(event.payable)?.booking_id,
    };
    mails::order(conn, delivery.event_id, Recipient::Company(company_id), &told, true, delivery.occurred_at).await
}
