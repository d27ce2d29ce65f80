//! Two mailboxes have to confirm a change of address; a new one that belongs to somebody else is left alone.

use contracts::auth::v1::EmailChangeRequested;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::mails::{self, Occasion, Recipient};

pub async fn handle(conn: &mut Conn, delivery: Delivery<EmailChangeRequested>) -> Result<(), HandlerError> {
    let event = delivery.event;
    let recipient = Recipient::User(event.user_id.parse().map_err(HandlerError::rejected)?);
    let current = Occasion::ConfirmCurrentEmail {
        token_id: event.current_token_id,
        email: event.current_email,
        name: event.name.clone(),
        new_email: event.new_email.clone(),
    };
    mails::order(conn, delivery.event_id, recipient, &current, true, delivery.occurred_at).await?;
    if event.new_token_id.is_empty() {
        return Ok(());
    }
    let new = Occasion::ConfirmNewEmail { token_id: event.new_token_id, email: event.new_email, name: event.name };
    mails::order(conn, delivery.event_id, recipient, &new, true, delivery.occurred_at).await
}
