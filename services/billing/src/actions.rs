//! What people do with money by hand: the ledger hears of it, and keeps it in its trail of such actions.

use commission::Rate;
use contracts::billing::v1::{CommissionTerm, FinancialActionTaken};
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

/// What was set about the platform's commission.
#[derive(Debug, Clone)]
pub struct CommissionSet {
    /// `company_commission_set`
    pub what: &'static str,
    /// For whom; `None` where it is the rate of the plan.
    pub company_id: Option<CompanyId>,
    pub plan: Option<String>,
    /// `None` where one was taken back.
    pub rate: Option<Rate>,
    pub starts_at: Timestamp,
    pub ends_at: Option<Timestamp>,
    pub reason: String,
}

/// Tells of an action in the transaction of what it changes here.
pub async fn enqueue_taken(conn: &mut Conn, doer: &Doer, action: Action, now: Timestamp) -> Result<(), Error> {
    let event = FinancialActionTaken {
        action: action.what.to_owned(),
        subject: action.subject,
        reason: action.reason.unwrap_or_default(),
        amount: action.amount.map_or(0, |money| money.amount),
        currency: action.amount.map(|money| money.currency.to_string()).unwrap_or_default(),
        ..FinancialActionTaken::default()
    };
    enqueue_done(conn, doer, (event, Some(action.company_id)), now).await
}

/// The same, of what was set about the commission. What it was done to is the company, or the plan.
pub async fn enqueue_commission_set(
    conn: &mut Conn,
    doer: &Doer,
    set: CommissionSet,
    now: Timestamp,
) -> Result<(), Error> {
    let plan = set.plan.unwrap_or_default();
    let event = FinancialActionTaken {
        action: set.what.to_owned(),
        subject: set.company_id.map_or_else(|| plan.clone(), |id| id.to_string()),
        reason: set.reason,
        commission: Some(CommissionTerm {
            ppm: set.rate.map(|rate| rate.ppm().into()),
            plan,
            starts_at_micros: set.starts_at.as_microsecond(),
            ends_at_micros: set.ends_at.map(Timestamp::as_microsecond),
        }),
        ..FinancialActionTaken::default()
    };
    enqueue_done(conn, doer, (event, set.company_id), now).await
}

/// With who did it, from where, and when.
async fn enqueue_done(
    conn: &mut Conn,
    doer: &Doer,
    (event, company_id): (FinancialActionTaken, Option<CompanyId>),
    now: Timestamp,
) -> Result<(), Error> {
    let id = FinancialActionId::new();
    let event = FinancialActionTaken {
        action_id: id.to_string(),
        person_id: doer.person.to_string(),
        address: doer.whence.0.clone().unwrap_or_default(),
        taken_at_micros: now.as_microsecond(),
        ..event
    };
    let change = Change {
        aggregate_type: "financial_action",
        aggregate_id: id.uuid(),
        version: 1,
        ordinal: 0,
        tenant: company_id.map(CompanyId::uuid),
        occurred_at: now,
    };
    enqueue(conn, change, &event).await?;
    Ok(())
}
