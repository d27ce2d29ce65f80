//! A company exists: its owner hears of its bookings.

use contracts::auth::v1::CompanyCreated;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{
    companies,
    contacts::{self, Contact},
};

pub async fn handle(conn: &mut Conn, delivery: Delivery<CompanyCreated>) -> Result<(), HandlerError> {
    let event = delivery.event;
    let company_id = event.company_id.parse().map_err(HandlerError::rejected)?;
    let user_id = event.owner_user_id.parse().map_err(HandlerError::rejected)?;
    if !event.owner_email.is_empty() {
        contacts::remember(conn, &Contact { user_id, email: event.owner_email, name: event.owner_name }).await?;
    }
    Ok(companies::remember_owner(conn, company_id, user_id).await?)
}
