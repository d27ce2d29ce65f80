//! auth.UserErased: the addresses and methods a person gave are forgotten; what they paid stays.

use contracts::auth::v1::UserErased;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{App, personal_data};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<UserErased>) -> Result<(), HandlerError> {
    let user_id = delivery.event.user_id.parse().map_err(HandlerError::rejected)?;
    Ok(personal_data::forget(conn, user_id, app.clock.now()).await?)
}
