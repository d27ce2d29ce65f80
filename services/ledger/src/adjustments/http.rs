//! `/api/admin/ledger/adjustments`.

use actix_web::{HttpResponse, get, post, web::Data};
use jiff::Timestamp;
use kernel::{AdjustmentId, TransferId, UserId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Json, Page, PageQuery, Path, PlatformAdmin, Query};

use super::{
    commands::{Proposal, approve_adjustment, propose_adjustment, reject_adjustment},
    model::{Adjustment, AdjustmentLeg, AdjustmentStatus},
    store::list_adjustments,
};
use crate::{actions::Whence, startup::App, text::check_reason};

/// Either `reverses` or `legs`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeAdjustmentRequest {
    /// The transfer that is taken back, as a whole.
    pub reverses: Option<TransferId>,
    /// What moves: two legs or more, as much debit as credit in each currency.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub legs: Vec<AdjustmentLeg>,
    /// Now when absent; not in the future, and not in a closed period.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub effective_at: Option<Timestamp>,
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AdjustmentResponse {
    pub id: AdjustmentId,
    #[schema(required)]
    pub reverses: Option<TransferId>,
    pub legs: Vec<AdjustmentLeg>,
    #[schema(value_type = String, format = DateTime)]
    pub effective_at: Timestamp,
    pub reason: String,
    pub status: AdjustmentStatus,
    pub proposed_by: UserId,
    #[schema(value_type = String, format = DateTime)]
    pub proposed_at: Timestamp,
    #[schema(required)]
    pub decided_by: Option<UserId>,
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Timestamp>,
    /// The transfer it became.
    #[schema(required)]
    pub transfer_id: Option<TransferId>,
}

impl From<Adjustment> for AdjustmentResponse {
    fn from(adjustment: Adjustment) -> Self {
        Self {
            id: adjustment.id,
            reverses: adjustment.reverses,
            legs: adjustment.legs,
            effective_at: adjustment.effective_at,
            reason: adjustment.reason,
            status: adjustment.status,
            proposed_by: adjustment.proposed_by,
            proposed_at: adjustment.proposed_at,
            decided_by: adjustment.decided_by,
            decided_at: adjustment.decided_at,
            transfer_id: adjustment.transfer_id,
        }
    }
}

/// Proposes a correction; another administrator has to approve it.
#[utoipa::path(
    tag = "ledger",
    request_body = ProposeAdjustmentRequest,
    security(("bearer" = [])),
    responses((status = 201, body = AdjustmentResponse))
)]
#[post("/api/admin/ledger/adjustments")]
pub async fn propose_ledger_adjustment(
    app: Data<App>,
    admin: PlatformAdmin,
    whence: Whence,
    request: Json<ProposeAdjustmentRequest>,
) -> Result<HttpResponse, Problem> {
    let request = request.into_inner();
    let proposal = Proposal {
        reason: check_reason(&request.reason)?.to_owned(),
        reverses: request.reverses,
        legs: request.legs,
        effective_at: request.effective_at,
    };
    let adjustment = propose_adjustment(&app, (admin.user_id(), whence), proposal).await?;
    Ok(HttpResponse::Created().json(AdjustmentResponse::from(adjustment)))
}

/// Lets a correction through that somebody else has proposed, and posts it.
#[utoipa::path(
    tag = "ledger",
    params(("adjustment_id" = AdjustmentId, Path)),
    security(("bearer" = [])),
    responses(
        (status = 200, body = AdjustmentResponse),
        (status = 403, description = "`second_person_required`: whoever proposed it does not decide"),
        (status = 409, description = "`adjustment_decided`, `period_closed`, `already_reversed`, `insufficient_funds`"),
    )
)]
#[post("/api/admin/ledger/adjustments/{adjustment_id}/approve")]
pub async fn approve_ledger_adjustment(
    app: Data<App>,
    admin: PlatformAdmin,
    whence: Whence,
    adjustment_id: Path<AdjustmentId>,
) -> Result<HttpResponse, Problem> {
    let adjustment = approve_adjustment(&app, (admin.user_id(), whence), *adjustment_id).await?;
    Ok(HttpResponse::Ok().json(AdjustmentResponse::from(adjustment)))
}

/// Turns a correction down that somebody else has proposed.
#[utoipa::path(
    tag = "ledger",
    params(("adjustment_id" = AdjustmentId, Path)),
    security(("bearer" = [])),
    responses(
        (status = 200, body = AdjustmentResponse),
        (status = 403, description = "`second_person_required`: whoever proposed it does not decide"),
        (status = 409, description = "`adjustment_decided`"),
    )
)]
#[post("/api/admin/ledger/adjustments/{adjustment_id}/reject")]
pub async fn reject_ledger_adjustment(
    app: Data<App>,
    admin: PlatformAdmin,
    whence: Whence,
    adjustment_id: Path<AdjustmentId>,
) -> Result<HttpResponse, Problem> {
    let adjustment = reject_adjustment(&app, (admin.user_id(), whence), *adjustment_id).await?;
    Ok(HttpResponse::Ok().json(AdjustmentResponse::from(adjustment)))
}

/// Corrections, newest first.
#[utoipa::path(
    tag = "ledger",
    params(PageQuery),
    security(("bearer" = [])),
    responses((status = 200, body = Page<AdjustmentResponse>))
)]
#[get("/api/admin/ledger/adjustments")]
pub async fn list_ledger_adjustments(
    app: Data<App>,
    _admin: PlatformAdmin,
    paging: Query<PageQuery>,
) -> Result<HttpResponse, Problem> {
    let (limit, before) = (paging.limit()?, paging.after::<(Timestamp, AdjustmentId)>()?);
    let rows = list_adjustments(&mut *app.db.conn().await?, before, limit + 1).await?;
    let page = Page::of(rows, limit, |row| (row.proposed_at, row.id));
    Ok(HttpResponse::Ok().json(page.map(AdjustmentResponse::from)))
}
