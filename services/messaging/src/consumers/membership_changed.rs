//! Somebody's role in a company has changed, and with it who hears of its bookings.

use contracts::auth::v1::MembershipChanged;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::companies;

pub async fn handle(conn: &mut Conn, delivery: Delivery<MembershipChanged>) -> Result<(), HandlerError> {
    let MembershipChanged { company_id, user_id, role } = delivery.event;
    let company_id = company_id.parse().map_err(HandlerError::rejected)?;
    let user_id = user_id.parse().map_err(HandlerError::rejected)?;
    Ok(companies::change_member(conn, (company_id, user_id), &role, delivery.version).await?)
}
