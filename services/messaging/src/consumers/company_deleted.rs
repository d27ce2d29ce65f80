//! A company is closed: nobody hears of its bookings any more. Each member's own event says the same; whichever comes first
//! counts.

use contracts::auth::v1::CompanyDeleted;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::companies;

pub async fn handle(conn: &mut Conn, delivery: Delivery<CompanyDeleted>) -> Result<(), HandlerError> {
    let company_id = delivery.event.company_id.parse().map_err(HandlerError::rejected)?;
    Ok(companies::close(conn, company_id, delivery.version).await?)
}
