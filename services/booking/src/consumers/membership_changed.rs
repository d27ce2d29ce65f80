//! auth.MembershipChanged: who has left a company sees no calendar of it any more.

use contracts::auth::v1::MembershipChanged;
use events::{Delivery, HandlerError};
use store::Conn;

use crate::calendars::store::delete_feeds_at;

pub async fn handle(conn: &mut Conn, delivery: Delivery<MembershipChanged>) -> Result<(), HandlerError> {
    let MembershipChanged { company_id, user_id, role } = delivery.event;
    // Whoever stays, in whatever role, may see bookings.
    if !role.is_empty() {
        return Ok(());
    }
    let company_id = company_id.parse().map_err(HandlerError::rejected)?;
    let user_id = user_id.parse().map_err(HandlerError::rejected)?;
    Ok(delete_feeds_at(conn, user_id, company_id).await?)
}
