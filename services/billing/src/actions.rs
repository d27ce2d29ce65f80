//! What people do with money by hand: the ledger hears of it, and keeps it in its trail of such actions.

use contracts::billing::v1::FinancialActionTaken;
use events::outbox::{Change, enqueue};
use jiff::Timestamp;
use kernel::{CompanyId, FinancialActionId, Money, UserId};
use service_kit::Whence;
use store::{Conn, Error};

/// Who does something, and from where.
#[derive(Debug, Clone)]
pub struct Doer {
    pub person: UserId,
    pub whence: Whence,
}

/// What is done.
#[derive(Debug, Clone)]
pub struct Action {
    /// `refund_requested`
    pub what: &'static str,
    /// The id of what it is done to.
    pub subject: String,
    pub company_id: CompanyId,
    pub amount: Option<Money>,
    pub reason: Option<String>,
}

/// Tells of an action in the transaction of what it changes here.
pub async fn enqueue_taken(conn: &mut Conn, doer: &Doer, action: Action, now: Timestamp) -> Result<(), Error> {
    let id = FinancialActionId::new();
    let event = FinancialActionTaken {
        action_id: id.to_string(),
        action: action.what.to_owned(),
        subject: action.subject,
        person_id: doer.person.to_string(),
        reason: action.reason.unwrap_or_default(),
        address: doer.whence.0.clone().unwrap_or_default(),
        taken_at_micros: now.as_microsecond(),
        amount: action.amount.map_or(0, |money| money.amount),
        currency: action.amount.map(|money| money.currency.to_string()).unwrap_or_default(),
    };
    let change = Change {
        aggregate_type: "financial_action",
        aggregate_id: id.uuid(),
        version: 1,
        ordinal: 0,
        tenant: Some(action.company_id.uuid()),
        occurred_at: now,
    };
    enqueue(conn, change, &event).await?;
    Ok(())
}
