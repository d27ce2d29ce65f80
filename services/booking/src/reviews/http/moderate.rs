//! The platform's part.

use actix_web::{
    get, post,
    web::{self, Data},
};
use jiff::Timestamp;
use kernel::{ReviewId, UserId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Json, Page, PageQuery, Path, PlatformAdmin, Query};
use utoipa::ToSchema;

use super::{ReviewResponse, demanded};
use crate::{
    reviews::{
        model::{Decided, Decision, Report, Review},
        moderation::{self, Case},
    },
    startup::App,
};

/// A report, with the review it is about.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewReportResponse {
    review: ReviewResponse,
    #[serde(flatten)]
    report: ReportBody,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReportBody {
    reported_by: UserId,
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    reported_at: Timestamp,
    /// When the platform has decided; null before.
    #[schema(value_type = Option<String>, format = DateTime)]
    settled_at: Option<Timestamp>,
}

impl From<Report> for ReportBody {
    fn from(report: Report) -> Self {
        Self {
            reported_by: report.reporter,
            reason: report.reason,
            reported_at: report.created_at,
            settled_at: report.settled_at,
        }
    }
}

impl From<(Report, Review)> for ReviewReportResponse {
    fn from((report, review): (Report, Review)) -> Self {
        Self { review: review.into(), report: report.into() }
    }
}

/// Reports that nobody has looked at, oldest first.
#[utoipa::path(
    tag = "reviews",
    params(PageQuery),
    responses((status = 200, body = Page<ReviewReportResponse>)),
    security(("bearer" = []))
)]
#[get("/api/admin/reviews/reports")]
pub async fn list_review_reports(
    app: Data<App>,
    _admin: PlatformAdmin,
    page: Query<PageQuery>,
) -> Result<web::Json<Page<ReviewReportResponse>>, Problem> {
    let limit = page.limit()?;
    let reports = moderation::list_reports(&app, (page.after()?, limit + 1)).await?;
    let place = |(report, review): &(Report, Review)| (report.created_at, review.id, report.reporter);
    Ok(web::Json(Page::of(reports, limit, place).map(ReviewReportResponse::from)))
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionBody {
    decision: Decision,
    reason: String,
    decided_by: UserId,
    #[schema(value_type = String, format = DateTime)]
    decided_at: Timestamp,
}

impl From<Decided> for DecisionBody {
    fn from(decided: Decided) -> Self {
        Self { decision: decided.decision, reason: decided.reason, decided_by: decided.by, decided_at: decided.at }
    }
}

/// A review with what was said of it and decided, the latest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewCaseResponse {
    review: ReviewResponse,
    written_by: UserId,
    /// The latest hundred.
    reports: Vec<ReportBody>,
    /// The latest hundred.
    decisions: Vec<DecisionBody>,
}

impl From<Case> for ReviewCaseResponse {
    fn from(case: Case) -> Self {
        Self {
            written_by: case.review.written_by,
            review: case.review.into(),
            reports: case.reports.into_iter().map(ReportBody::from).collect(),
            decisions: case.decisions.into_iter().map(DecisionBody::from).collect(),
        }
    }
}

/// A review, also one that is not shown, with its reports and the platform's decisions.
#[utoipa::path(
    tag = "reviews",
    params(("review_id" = ReviewId, Path)),
    responses((status = 200, body = ReviewCaseResponse)),
    security(("bearer" = []))
)]
#[get("/api/admin/reviews/{review_id}")]
pub async fn show_review_for_admin(
    app: Data<App>,
    _admin: PlatformAdmin,
    review_id: Path<ReviewId>,
) -> Result<web::Json<ReviewCaseResponse>, Problem> {
    Ok(web::Json(moderation::find_case(&app, *review_id).await?.into()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideOnReviewRequest {
    decision: Decision,
    /// Why; kept with who decided and when.
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

/// Decide on a review. A hidden one is shown no more and counts no more, a restored one does again, and one that is kept
/// stays as it is. Its reports are settled.
#[utoipa::path(
    tag = "reviews",
    params(("review_id" = ReviewId, Path)),
    request_body = DecideOnReviewRequest,
    responses((status = 200, body = ReviewCaseResponse)),
    security(("bearer" = []))
)]
#[post("/api/admin/reviews/{review_id}/decisions")]
pub async fn decide_on_review(
    app: Data<App>,
    admin: PlatformAdmin,
    review_id: Path<ReviewId>,
    body: Json<DecideOnReviewRequest>,
) -> Result<web::Json<ReviewCaseResponse>, Problem> {
    let reason = demanded(&body.reason, "/reason")?;
    Ok(web::Json(moderation::decide(&app, &admin, *review_id, (body.decision, &reason)).await?.into()))
}
