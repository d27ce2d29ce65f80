//! A person is gone: their address, their name and what they were written are forgotten.

use contracts::auth::v1::UserErased;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{contacts, mails};

pub async fn handle(conn: &mut Conn, delivery: Delivery<UserErased>) -> Result<(), HandlerError> {
    let user_id = delivery.event.user_id.parse().map_err(HandlerError::rejected)?;
    let email = contacts::erase(conn, user_id, delivery.version).await?;
    Ok(mails::forget(conn, user_id, email.as_deref()).await?)
}
