//! An account has another address: mail goes there from now on, and the one before is told once.

use contracts::auth::v1::EmailChanged;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{
    contacts::{self, Contact},
    mails::{self, Occasion, Recipient},
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<EmailChanged>) -> Result<(), HandlerError> {
    let EmailChanged { user_id, email, name, previous_email } = delivery.event;
    let user_id = user_id.parse().map_err(HandlerError::rejected)?;
    contacts::upsert(conn, &Contact { user_id, email, name }, delivery.version).await?;
    let occasion = Occasion::EmailChanged { previous_email };
    mails::order(conn, delivery.event_id, Recipient::User(user_id), &occasion, true, delivery.occurred_at).await
}
