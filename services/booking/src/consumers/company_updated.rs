//! auth.CompanyUpdated: what a company is called now.

use contracts::auth::v1::CompanyUpdated;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::companies::{Company, store::upsert_company};

pub async fn handle(conn: &mut Conn, delivery: Delivery<CompanyUpdated>) -> Result<(), HandlerError> {
    let event = delivery.event;
    let company = Company {
        id: event.company_id.parse().map_err(HandlerError::rejected)?,
        slug: event.slug,
        name: event.name,
        country: event.country,
        currency: event.currency.parse().map_err(HandlerError::rejected)?,
        closed: false,
    };
    upsert_company(conn, &company, delivery.version).await?;
    Ok(())
}
