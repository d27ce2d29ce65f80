//! The rate of a plan, for every company that is on it.

use actix_web::{get, put, web};
use commission::Rate;
use jiff::Timestamp;
use kernel::Percent;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Json, Page, PageQuery, Path, PlatformAdmin, Query, Whence};

use super::{CommissionTermResponse, checked_rate, checked_reason};
use crate::{
    App,
    actions::Doer,
    commission_terms::{
        commands,
        model::{Content, PlanName, TermKind, Wish},
        store::{find_begun_of_plan, list_of_plan, plan_is_known},
    },
};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPlanCommissionRequest {
    /// 0 to 50 % of the net price; null takes it back: companies on the plan have the platform's rate then.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, example = "8")]
    pub rate: Option<Percent>,
    /// At once where it is absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    /// Why, for the trail.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PlanCommissionResponse {
    #[schema(value_type = String)]
    pub plan: PlanName,
    /// Now; null where it has none.
    #[schema(required)]
    pub rate: Option<Percent>,
    /// What was set for the plan, newest first.
    pub history: Page<CommissionTermResponse>,
}

/// A plan's rate now, and what was set for it, newest first.
#[utoipa::path(
    tag = "commission",
    params(("name" = String, Path, pattern = "^[a-z0-9][a-z0-9-]{0,62}$"), PageQuery),
    responses(
        (status = 200, body = PlanCommissionResponse),
        (status = 404, body = problem::ProblemBody, description = "No rate was ever set for it."),
    ),
    security(("bearer" = [])),
)]
#[get("/api/admin/commission-plans/{name}")]
pub async fn get_plan_commission(
    app: web::Data<App>,
    _admin: PlatformAdmin,
    Path(plan): Path<PlanName>,
    Query(page): Query<PageQuery>,
) -> Result<web::Json<PlanCommissionResponse>, Problem> {
    shown(&app, plan, &page).await
}

/// Sets the rate of a plan, which is there from then on. Payments that were made before keep theirs, and so do their refunds.
/// Setting again what was set last changes nothing.
#[utoipa::path(
    tag = "commission",
    params(("name" = String, Path, pattern = "^[a-z0-9][a-z0-9-]{0,62}$")),
    request_body = SetPlanCommissionRequest,
    responses(
        (status = 200, body = PlanCommissionResponse),
        (status = 404, body = problem::ProblemBody, description = "The name is none that a plan can have, or there is no such plan, and nothing to take back."),
    ),
    security(("bearer" = [])),
)]
#[put("/api/admin/commission-plans/{name}")]
pub async fn set_plan_commission(
    app: web::Data<App>,
    admin: PlatformAdmin,
    whence: Whence,
    Path(plan): Path<PlanName>,
    body: Json<SetPlanCommissionRequest>,
) -> Result<web::Json<PlanCommissionResponse>, Problem> {
    let content = Content {
        kind: TermKind::Plan,
        company_id: None,
        plan: Some(plan.clone()),
        rate: checked_rate(body.rate)?,
        ends_at: None,
        reason: checked_reason(&body.reason)?,
    };
    let wish = Wish { content, starts_at: body.starts_at };
    let doer = Doer { person: admin.user_id(), whence };
    commands::set_term(&app, &doer, &wish, app.clock.now()).await?;
    shown(&app, plan, &PageQuery::default()).await
}

async fn shown(app: &App, plan: PlanName, page: &PageQuery) -> Result<web::Json<PlanCommissionResponse>, Problem> {
    let (limit, below) = (page.limit()?, page.after()?);
    let mut conn = app.db.conn().await?;
    if !plan_is_known(&mut conn, &plan).await? {
        return Err(Problem::not_found());
    }
    let counts = find_begun_of_plan(&mut conn, &plan, app.clock.now()).await?;
    let terms = list_of_plan(&mut conn, &plan, below, limit + 1).await?;
    Ok(web::Json(PlanCommissionResponse {
        plan,
        rate: counts.and_then(|term| term.content.rate).map(Rate::percent),
        history: Page::of(terms, limit, |term| term.number).map(CommissionTermResponse::from),
    }))
}
