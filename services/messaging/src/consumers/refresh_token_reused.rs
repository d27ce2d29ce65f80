//! A copied session may be about: its owner is warned.

use contracts::auth::v1::RefreshTokenReused;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{
    contacts::{self, Contact},
    mails::{self, Occasion, Recipient},
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<RefreshTokenReused>) -> Result<(), HandlerError> {
    let RefreshTokenReused { user_id, email, name, .. } = delivery.event;
    let user_id = user_id.parse().map_err(HandlerError::rejected)?;
    contacts::remember(conn, &Contact { user_id, email, name }).await?;
    let recipient = Recipient::User(user_id);
    mails::order(conn, delivery.event_id, recipient, &Occasion::SessionReused {}, true, delivery.occurred_at).await
}
