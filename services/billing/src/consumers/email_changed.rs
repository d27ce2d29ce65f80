//! auth.EmailChanged: providers that know the person are told their new address, by a job.

use contracts::auth::v1::EmailChanged;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::payment_methods::store::customers;

pub async fn handle(conn: &mut Conn, delivery: Delivery<EmailChanged>) -> Result<(), HandlerError> {
    let user_id = delivery.event.user_id.parse().map_err(HandlerError::rejected)?;
    Ok(customers::change_email(conn, user_id, &delivery.event.email, delivery.version).await?)
}
