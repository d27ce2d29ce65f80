//! Financial actions as rows.

use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, Queryable, Selectable, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{Timestamp as DieselTimestamp, ToDiesel};
use kernel::{FinancialActionId, UserId};
use serde_json::Value;
use store::{Conn, Error};

use super::{Action, Doer, Whence};
use crate::schema::financial_actions as dsl;

pub async fn insert_action(
    conn: &mut Conn,
    id: FinancialActionId,
    action: &Action,
    now: Timestamp,
) -> Result<(), Error> {
    let (person, service, address) = match &action.doer {
        Doer::Person(person, Whence(address)) => (Some(*person), None, address.as_deref()),
        Doer::Service(service) => (None, Some(service.as_str()), None),
    };
    diesel::insert_into(dsl::table)
        .values((
            dsl::id.eq(id),
            dsl::occurred_at.eq(now.to_diesel()),
            dsl::person.eq(person),
            dsl::service.eq(service),
            dsl::action.eq(action.what),
            dsl::subject.eq(&action.subject),
            dsl::reason.eq(&action.reason),
            dsl::address.eq(address),
            dsl::detail.eq(&action.detail),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = dsl, check_for_backend(diesel::pg::Pg))]
pub struct ActionRow {
    pub id: FinancialActionId,
    pub occurred_at: DieselTimestamp,
    pub person: Option<UserId>,
    pub service: Option<String>,
    pub action: String,
    pub subject: String,
    pub reason: Option<String>,
    pub address: Option<String>,
    pub detail: Value,
}

/// What was done to any of some things, the newest first.
pub async fn actions_about(conn: &mut Conn, subjects: &[String], limit: i64) -> Result<Vec<ActionRow>, Error> {
    let query = dsl::table.filter(dsl::subject.eq_any(subjects)).order((dsl::occurred_at.desc(), dsl::id.desc()));
    Ok(query.select(ActionRow::as_select()).limit(limit).load(conn).await?)
}

/// The place in a list by time.
pub type Position = (Timestamp, FinancialActionId);

/// Newest first; about everything where no subject is given.
pub async fn list_actions(
    conn: &mut Conn,
    subject: Option<&str>,
    before: Option<Position>,
    limit: i64,
) -> Result<Vec<ActionRow>, Error> {
    let mut query = dsl::table
        .order((dsl::occurred_at.desc(), dsl::id.desc()))
        .select(ActionRow::as_select())
        .limit(limit)
        .into_boxed();
    if let Some(subject) = subject {
        query = query.filter(dsl::subject.eq(subject.to_owned()));
    }
    if let Some((at, id)) = before {
        let at = at.to_diesel();
        query = query.filter(dsl::occurred_at.lt(at).or(dsl::occurred_at.eq(at).and(dsl::id.lt(id))));
    }
    Ok(query.load(conn).await?)
}
