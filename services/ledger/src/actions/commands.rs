//! Writing an action down, and telling of it.

use contracts::ledger::v1::FinancialActionRecorded;
use events::outbox::{Change, enqueue};
use jiff::Timestamp;
use kernel::{FinancialActionId, UserId};
use serde_json::Value;
use store::{Conn, Error};

use super::{Whence, store::insert_action};

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doer {
    Person(UserId, Whence),
    Service(String),
}

/// What was done.
#[derive(Debug, Clone)]
pub struct Action {
    pub doer: Doer,
    /// `adjustment_approved`
    pub what: &'static str,
    pub subject: String,
    pub reason: Option<String>,
    /// What else is worth knowing; never a secret.
    pub detail: Value,
}

/// Call it in the transaction of what it tells.
pub async fn record_in_tx(conn: &mut Conn, action: Action, now: Timestamp) -> Result<(), Error> {
    let id = FinancialActionId::new();
    insert_action(conn, id, &action, now).await?;
    let change = Change {
        aggregate_type: "financial_action",
        aggregate_id: id.uuid(),
        version: 1,
        ordinal: 0,
        tenant: None,
        occurred_at: now,
    };
    enqueue(conn, change, &recorded(id, action, now)).await?;
    Ok(())
}

fn recorded(id: FinancialActionId, action: Action, now: Timestamp) -> FinancialActionRecorded {
    let (person_id, service, address) = match action.doer {
        Doer::Person(person, Whence(address)) => (person.to_string(), String::new(), address.unwrap_or_default()),
        Doer::Service(service) => (String::new(), service, String::new()),
    };
    FinancialActionRecorded {
        action_id: id.to_string(),
        action: action.what.to_owned(),
        subject: action.subject,
        person_id,
        service,
        reason: action.reason.unwrap_or_default(),
        address,
        occurred_at_micros: now.as_microsecond(),
    }
}
