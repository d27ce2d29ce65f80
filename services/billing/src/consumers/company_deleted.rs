//! auth.CompanyDeleted: a company is paid nothing any more.

use contracts::auth::v1::CompanyDeleted;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::{App, payees};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<CompanyDeleted>) -> Result<(), HandlerError> {
    let company_id = delivery.event.company_id.parse().map_err(HandlerError::rejected)?;
    Ok(payees::close_in_tx(conn, company_id, app.clock.now()).await?)
}
