//! The order for an invitation's mail.

use contracts::auth::v1::InvitationRequested;
use events::outbox::{Change, enqueue};
use jiff::Timestamp;
use store::{Conn, Error};

use super::Invitation;
use crate::companies::Company;

pub async fn requested(
    conn: &mut Conn,
    invitation: &Invitation,
    company: &Company,
    invited_by_name: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let event = InvitationRequested {
        invitation_id: invitation.id.to_string(),
        company_id: company.id.to_string(),
        company_name: company.name.as_str().to_owned(),
        email: invitation.email.to_string(),
        role: invitation.role.as_str().to_owned(),
        invited_by_name: invited_by_name.to_owned(),
    };
    let change = Change {
        aggregate_type: "invitation",
        aggregate_id: invitation.id.uuid(),
        version: invitation.version,
        ordinal: 0,
        tenant: Some(company.id.uuid()),
        occurred_at: now,
    };
    enqueue(conn, change, &event).await.map(drop)
}
