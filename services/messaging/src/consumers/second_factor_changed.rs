//! How an account is entered has changed: its owner is told, in case it was not they.

use contracts::auth::v1::SecondFactorChanged;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{
    contacts::{self, Contact},
    mails::{self, Occasion, Recipient},
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<SecondFactorChanged>) -> Result<(), HandlerError> {
    let SecondFactorChanged { user_id, email, name, change } = delivery.event;
    let user_id = user_id.parse().map_err(HandlerError::rejected)?;
    contacts::remember(conn, &Contact { user_id, email, name }).await?;
    let occasion = Occasion::SecondFactorChanged { change };
    mails::order(conn, delivery.event_id, Recipient::User(user_id), &occasion, true, delivery.occurred_at).await
}
