//! `ledger.financial_action_recorded`: what was done with money by hand, for the trail of the whole platform.

use contracts::ledger::v1::FinancialActionRecorded;
use events::{Delivery, HandlerError};
use kernel::UserId;
use store::Conn;

use crate::audit::{AuditEvent, AuditKind, record_in_tx};

pub async fn handle(conn: &mut Conn, delivery: Delivery<FinancialActionRecorded>) -> Result<(), HandlerError> {
    let told = delivery.event;
    let person: Option<UserId> = match told.person_id.as_str() {
        "" => None,
        id => Some(id.parse().map_err(HandlerError::rejected)?),
    };
    let details = [
        ("action_id", told.action_id),
        ("action", told.action),
        ("about", told.subject),
        ("service", told.service),
        ("reason", told.reason),
    ];
    let mut event = AuditEvent::new(AuditKind::FinancialAction, delivery.occurred_at);
    event.actor = person;
    event.address = Some(told.address).filter(|address| !address.is_empty());
    for (name, value) in details.into_iter().filter(|(_, value)| !value.is_empty()) {
        event = event.with(name, value);
    }
    record_in_tx(conn, &event).await?;
    Ok(())
}
