//! Disputes over HTTP.

use actix_web::{get, web};
use jiff::Timestamp;
use kernel::{CompanyId, DisputeId, Money, PaymentId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Page, PageQuery, Path, Query};

use super::{DisputeError, model::Dispute, store};
use crate::{
    App,
    viewer::{Viewer, company_or_all},
};

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DisputeResponse {
    pub id: DisputeId,
    pub payment_id: PaymentId,
    pub company_id: CompanyId,
    pub provider: &'static str,
    pub provider_dispute_id: String,
    /// `needs_response`, `under_review`, `won` or `lost`.
    pub status: &'static str,
    pub amount: Money,
    /// What the provider charges for it, where it has told.
    pub fee: Option<Money>,
    /// The provider's word: `fraudulent`, `not_as_described`.
    pub reason: String,
    /// Until when the provider takes evidence.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub evidence_due_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub opened_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
}

impl From<Dispute> for DisputeResponse {
    fn from(dispute: Dispute) -> Self {
        Self {
            id: dispute.id,
            payment_id: dispute.payment_id,
            company_id: dispute.company_id,
            provider: dispute.provider.as_str(),
            provider_dispute_id: dispute.provider_dispute_id,
            status: dispute.status.as_str(),
            amount: dispute.amount,
            fee: dispute.fee,
            reason: dispute.reason,
            evidence_due_at: dispute.evidence_due_at,
            opened_at: dispute.opened_at,
            closed_at: dispute.closed_at,
        }
    }
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListDisputesQuery {
    /// Of this company, for those who work there. Without it the platform's administrators see all of them.
    pub company_id: Option<CompanyId>,
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// Lists disputes, newest first.
#[utoipa::path(
    tag = "payments",
    params(ListDisputesQuery),
    responses(
        (status = 200, body = Page<DisputeResponse>),
        (status = 404, body = problem::ProblemBody),
    ),
    security(("bearer" = [])),
)]
#[get("/api/disputes")]
pub async fn list_disputes(
    app: web::Data<App>,
    caller: Caller,
    Query(query): Query<ListDisputesQuery>,
) -> Result<web::Json<Page<DisputeResponse>>, Problem> {
    let company_id = company_or_all(&caller, query.company_id, "disputes")?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let (limit, after) = (page.limit()?, page.after()?);
    let mut conn = app.db.conn().await?;
    let found = store::list_disputes(&mut conn, company_id, after, limit + 1).await?;
    let page = Page::of(found, limit, |dispute| (dispute.opened_at, dispute.id));
    Ok(web::Json(page.map(DisputeResponse::from)))
}

/// One dispute.
#[utoipa::path(
    tag = "payments",
    params(("dispute_id" = DisputeId, Path)),
    responses((status = 200, body = DisputeResponse)),
    security(("bearer" = [])),
)]
#[get("/api/disputes/{dispute_id}")]
pub async fn get_dispute(
    app: web::Data<App>,
    caller: Caller,
    Path(dispute_id): Path<DisputeId>,
) -> Result<web::Json<DisputeResponse>, Problem> {
    let mut conn = app.db.conn().await?;
    let dispute = store::find_visible_dispute(&mut conn, &Viewer::from(&caller), dispute_id).await?;
    Ok(web::Json(dispute.ok_or(DisputeError::NotFound)?.into()))
}
