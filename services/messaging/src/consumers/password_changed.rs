//! The password of an account is another: its owner is told, in case it was not they.

use contracts::auth::v1::PasswordChanged;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{
    contacts::{self, Contact},
    mails::{self, Occasion, Recipient},
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<PasswordChanged>) -> Result<(), HandlerError> {
    let PasswordChanged { user_id, email, name, reason } = delivery.event;
    let user_id = user_id.parse().map_err(HandlerError::rejected)?;
    contacts::remember(conn, &Contact { user_id, email, name }).await?;
    let occasion = Occasion::PasswordChanged { by_link: reason == "reset" };
    mails::order(conn, delivery.event_id, Recipient::User(user_id), &occasion, true, delivery.occurred_at).await
}
