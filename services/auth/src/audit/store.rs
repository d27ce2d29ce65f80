//! The table of audit events. Rows are added and read, nothing else.

use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, Selectable, SelectableHelper, prelude::Queryable};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{AuditEventId, CompanyId, UserId};
use serde_json::Value;
use store::{Conn, Error};

use super::{AuditEvent, AuditKind, Outcome};
use crate::{
    columns::{parse, word},
    schema::audit_events::{self, dsl},
};

/// Writes an event in the caller's transaction: call it beside the change that it tells of.
pub async fn record_in_tx(conn: &mut Conn, event: &AuditEvent) -> Result<(), Error> {
    diesel::insert_into(audit_events::table)
        .values((
            dsl::id.eq(event.id),
            dsl::occurred_at.eq(event.occurred_at.to_diesel()),
            dsl::kind.eq(word(&event.kind)?),
            dsl::outcome.eq(word(&event.outcome)?),
            dsl::actor_id.eq(event.actor),
            dsl::subject_id.eq(event.subject),
            dsl::company_id.eq(event.company),
            dsl::address.eq(event.address.as_deref()),
            dsl::user_agent.eq(event.user_agent.as_deref()),
            dsl::detail.eq(Value::Object(event.detail.clone())),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Which events are asked for; every condition that is set must hold.
#[derive(Debug, Default, Clone)]
pub struct Filter {
    pub actor: Option<UserId>,
    pub subject: Option<UserId>,
    pub company: Option<CompanyId>,
    pub kind: Option<AuditKind>,
    pub outcome: Option<Outcome>,
    /// At this instant or later.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
}

/// A place in the list: newest first, in the order of ids among those of one instant.
pub type Position = (Timestamp, AuditEventId);

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_events, check_for_backend(diesel::pg::Pg))]
struct AuditEventRow {
    id: AuditEventId,
    occurred_at: jiff_diesel::Timestamp,
    kind: String,
    outcome: String,
    actor_id: Option<UserId>,
    subject_id: Option<UserId>,
    company_id: Option<CompanyId>,
    address: Option<String>,
    user_agent: Option<String>,
    detail: Value,
}

impl AuditEventRow {
    fn into_event(self) -> Result<AuditEvent, Error> {
        Ok(AuditEvent {
            id: self.id,
            occurred_at: self.occurred_at.to_jiff(),
            kind: parse(&self.kind)?,
            outcome: parse(&self.outcome)?,
            actor: self.actor_id,
            subject: self.subject_id,
            company: self.company_id,
            address: self.address,
            user_agent: self.user_agent,
            detail: self.detail.as_object().cloned().unwrap_or_default(),
        })
    }
}

/// A page of events; one more than `limit` says that there are more.
pub async fn list(
    conn: &mut Conn,
    filter: &Filter,
    (after, limit): (Option<Position>, i64),
) -> Result<Vec<AuditEvent>, Error> {
    let mut query = dsl::audit_events
        .order((dsl::occurred_at.desc(), dsl::id.desc()))
        .limit(limit + 1)
        .select(AuditEventRow::as_select())
        .into_boxed();
    if let Some(actor) = filter.actor {
        query = query.filter(dsl::actor_id.eq(actor));
    }
    if let Some(subject) = filter.subject {
        query = query.filter(dsl::subject_id.eq(subject));
    }
    if let Some(company) = filter.company {
        query = query.filter(dsl::company_id.eq(company));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(dsl::kind.eq(word(&kind)?));
    }
    if let Some(outcome) = filter.outcome {
        query = query.filter(dsl::outcome.eq(word(&outcome)?));
    }
    if let Some(from) = filter.from {
        query = query.filter(dsl::occurred_at.ge(from.to_diesel()));
    }
    if let Some(to) = filter.to {
        query = query.filter(dsl::occurred_at.lt(to.to_diesel()));
    }
    if let Some((at, id)) = after {
        let at = at.to_diesel();
        query = query.filter(dsl::occurred_at.lt(at).or(dsl::occurred_at.eq(at).and(dsl::id.lt(id))));
    }
    let rows: Vec<AuditEventRow> = query.load(conn).await?;
    rows.into_iter().map(AuditEventRow::into_event).collect()
}
