//! A mail with a link to choose a new password is due. Its secret is minted when it is sent.

use contracts::auth::v1::PasswordResetRequested;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::mails::{self, Occasion, Recipient};

pub async fn handle(conn: &mut Conn, delivery: Delivery<PasswordResetRequested>) -> Result<(), HandlerError> {
    let PasswordResetRequested { token_id, user_id, email, name } = delivery.event;
    let recipient = Recipient::User(user_id.parse().map_err(HandlerError::rejected)?);
    let occasion = Occasion::ResetPassword { token_id, email, name };
    mails::order(conn, delivery.event_id, recipient, &occasion, true, delivery.occurred_at).await
}
