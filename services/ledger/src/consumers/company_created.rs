//! `auth.company_created`: the company's accounts are opened, so that its balance shows zero from the beginning.

use contracts::auth::v1::CompanyCreated;
use events::{Delivery, HandlerError};
use kernel::{CompanyId, Currency};
use store::Conn;

use crate::{App, accounts::AccountCode, allocations::AllocationError};

pub async fn handle(app: &App, conn: &mut Conn, delivery: Delivery<CompanyCreated>) -> Result<(), HandlerError> {
    let company_id: CompanyId = delivery.event.company_id.parse().map_err(AllocationError::from)?;
    let currency: Currency = delivery.event.currency.parse().map_err(AllocationError::from)?;
    let pending = AccountCode::CompanyPending(company_id).in_currency(currency);
    let payable = AccountCode::CompanyPayable(company_id).in_currency(currency);
    app.books.open_in_tx(conn, &[&pending, &payable]).await?;
    Ok(())
}
