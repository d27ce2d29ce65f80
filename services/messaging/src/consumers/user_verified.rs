//! An address is verified, and the name may be another than at registration.

use contracts::auth::v1::UserVerified;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::contacts::{self, Contact};

pub async fn handle(conn: &mut Conn, delivery: Delivery<UserVerified>) -> Result<(), HandlerError> {
    let UserVerified { user_id, email, name } = delivery.event;
    let contact = Contact { user_id: user_id.parse().map_err(HandlerError::rejected)?, email, name };
    Ok(contacts::upsert(conn, &contact, delivery.version).await?)
}
