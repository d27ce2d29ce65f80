//! A company wants to be paid at an address: whoever reads its mail is asked to confirm it, and the company's people hear of it. The
//! secret is minted when the mail is sent.

use contracts::billing::v1::PayoutReceiverNamed;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::mails::{self, Occasion, Recipient};

pub async fn handle(conn: &mut Conn, delivery: Delivery<PayoutReceiverNamed>) -> Result<(), HandlerError> {
    let PayoutReceiverNamed { receiver_id, company_id, company_name, email, named_by, .. } = delivery.event;
    let company = Recipient::Company(company_id.parse().map_err(HandlerError::rejected)?);
    let receiver_id = receiver_id.parse().map_err(HandlerError::rejected)?;
    let recipient = Recipient::User(named_by.parse().map_err(HandlerError::rejected)?);
    let occasion = Occasion::ConfirmPayoutAddress { receiver_id, email, company_name };
    let (event_id, at) = (delivery.event_id, delivery.occurred_at);
    mails::order(conn, event_id, recipient, &occasion, true, at).await?;
    mails::order(conn, event_id, company, &Occasion::CompanyPayoutAddressNamed {}, true, at).await
}
