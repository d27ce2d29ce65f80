//! `GET /api/admin/audit`.

use actix_web::{
    get,
    web::{self, Data},
};
use jiff::Timestamp;
use kernel::{AuditEventId, CompanyId, UserId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use service_kit::{Page, PageQuery, Query, identity::PlatformAdmin};
use utoipa::{IntoParams, ToSchema};

use super::{
    AuditEvent, AuditKind, Outcome,
    store::{self, Filter, Position},
};
use crate::App;

/// A list query by hand: `serde_urlencoded` reads no number through `flatten`.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    /// Who did it.
    actor: Option<UserId>,
    /// Whose account it is about.
    subject: Option<UserId>,
    company: Option<CompanyId>,
    kind: Option<AuditKind>,
    outcome: Option<Outcome>,
    /// At this instant or later.
    #[param(value_type = Option<String>, format = "date-time")]
    from: Option<Timestamp>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = "date-time")]
    to: Option<Timestamp>,
    /// 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl AuditQuery {
    fn split(self) -> (Filter, PageQuery) {
        let Self { actor, subject, company, kind, outcome, from, to, limit, cursor } = self;
        (Filter { actor, subject, company, kind, outcome, from, to }, PageQuery { limit, cursor })
    }
}

/// A security event.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub struct AuditEventResponse {
    id: AuditEventId,
    #[schema(value_type = String, format = "date-time")]
    occurred_at: Timestamp,
    kind: AuditKind,
    outcome: Outcome,
    /// Null where a stranger or the operator of the platform did it.
    #[schema(required)]
    actor_id: Option<UserId>,
    #[schema(required)]
    subject_id: Option<UserId>,
    #[schema(required)]
    company_id: Option<CompanyId>,
    #[schema(required)]
    address: Option<String>,
    #[schema(required)]
    user_agent: Option<String>,
    #[schema(value_type = Object)]
    detail: Map<String, Value>,
}

impl From<AuditEvent> for AuditEventResponse {
    fn from(event: AuditEvent) -> Self {
        Self {
            id: event.id,
            occurred_at: event.occurred_at,
            kind: event.kind,
            outcome: event.outcome,
            actor_id: event.actor,
            subject_id: event.subject,
            company_id: event.company,
            address: event.address,
            user_agent: event.user_agent,
            detail: event.detail,
        }
    }
}

/// The trail of security events, newest first.
#[utoipa::path(
    tag = "administration",
    operation_id = "list_audit_events",
    security(("bearer" = [])),
    params(AuditQuery),
    responses((status = 200, body = Page<AuditEventResponse>))
)]
#[get("/api/admin/audit")]
pub async fn list_audit_events(
    app: Data<App>,
    _admin: PlatformAdmin,
    query: Query<AuditQuery>,
) -> Result<web::Json<Page<AuditEventResponse>>, Problem> {
    let (filter, page) = query.0.split();
    let (limit, after) = (page.limit()?, page.after::<Position>()?);
    let mut conn = app.db.conn().await?;
    let events = store::list(&mut conn, &filter, (after, limit)).await?;
    let page = Page::of(events, limit, |event| (event.occurred_at, event.id));
    Ok(web::Json(page.map(AuditEventResponse::from)))
}
