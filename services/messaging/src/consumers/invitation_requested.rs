//! Somebody is invited to work for a company: they are written to.

use contracts::auth::v1::InvitationRequested;
use events::{Delivery, HandlerError};
use kernel::InvitationId;
use store::Conn;

use crate::mails::{self, Occasion, Recipient};

pub async fn handle(conn: &mut Conn, delivery: Delivery<InvitationRequested>) -> Result<(), HandlerError> {
    let InvitationRequested { invitation_id, company_name, email, role, invited_by_name, .. } = delivery.event;
    let invitation_id: InvitationId = invitation_id.parse().map_err(HandlerError::rejected)?;
    let told = Occasion::Invitation { invitation_id, email, company_name, role, invited_by_name };
    let recipient = Recipient::Invited(invitation_id);
    mails::order(conn, delivery.event_id, recipient, &told, true, delivery.occurred_at).await
}
