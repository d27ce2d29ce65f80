//! `GET /api/admin/ledger/actions`.

use actix_web::{HttpResponse, get, web::Data};
use jiff::Timestamp;
use kernel::{FinancialActionId, UserId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use service_kit::{Page, PageQuery, PlatformAdmin, Query};

use super::store::{ActionRow, Position, list_actions};
use crate::startup::App;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ActionsQuery {
    /// What it was done to: the id of an adjustment, a transfer, a payout, a payment at the desk, a reconciliation or a company, the
    /// name of a plan, or the end of a closed period.
    pub subject: Option<String>,
    /// 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// One of `person_id` and `service` did it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct FinancialActionResponse {
    pub id: FinancialActionId,
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Timestamp,
    #[schema(required)]
    pub person_id: Option<UserId>,
    #[schema(required)]
    pub service: Option<String>,
    #[schema(example = "adjustment_approved")]
    pub action: String,
    pub subject: String,
    #[schema(required)]
    pub reason: Option<String>,
    #[schema(required)]
    pub address: Option<String>,
    #[schema(value_type = Object)]
    pub detail: Value,
}

impl From<ActionRow> for FinancialActionResponse {
    fn from(row: ActionRow) -> Self {
        Self {
            id: row.id,
            occurred_at: row.occurred_at.to_jiff(),
            person_id: row.person,
            service: row.service,
            action: row.action,
            subject: row.subject,
            reason: row.reason,
            address: row.address,
            detail: row.detail,
        }
    }
}

/// What people and services have done to the book, newest first.
#[utoipa::path(
    tag = "ledger",
    params(ActionsQuery),
    security(("bearer" = [])),
    responses((status = 200, body = Page<FinancialActionResponse>))
)]
#[get("/api/admin/ledger/actions")]
pub async fn list_financial_actions(
    app: Data<App>,
    _admin: PlatformAdmin,
    query: Query<ActionsQuery>,
) -> Result<HttpResponse, Problem> {
    let paging = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let (limit, before) = (paging.limit()?, paging.after::<Position>()?);
    // PostgreSQL's texts hold no NUL: nothing was ever done to such a subject.
    let subject = query.subject.as_deref().map(|subject| if subject.contains('\0') { "" } else { subject });
    let mut conn = app.db.conn().await?;
    let rows = list_actions(&mut conn, subject, before, limit + 1).await?;
    let page = Page::of(rows, limit, |row| (row.occurred_at.to_jiff(), row.id));
    Ok(HttpResponse::Ok().json(page.map(FinancialActionResponse::from)))
}
