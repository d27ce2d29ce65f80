//! Somebody has another name.

use contracts::auth::v1::UserUpdated;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::contacts::{self, Contact};

pub async fn handle(conn: &mut Conn, delivery: Delivery<UserUpdated>) -> Result<(), HandlerError> {
    let UserUpdated { user_id, email, name } = delivery.event;
    let contact = Contact { user_id: user_id.parse().map_err(HandlerError::rejected)?, email, name };
    Ok(contacts::upsert(conn, &contact, delivery.version).await?)
}
