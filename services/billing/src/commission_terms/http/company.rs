//! A company's commission: its own rate, its promotions, and the plan that it is on.

use actix_web::{get, put, web};
use jiff::Timestamp;
use kernel::{CompanyId, Percent};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Json, Page, PageQuery, Path, PlatformAdmin, Query, Whence};

use super::{CommissionResponse, CommissionTermResponse, checked_rate, checked_reason, invalid};
use crate::{
    App,
    actions::Doer,
    commission_terms::{
        commands,
        model::{Content, PlanName, TermKind, Wish},
        store::list_of_company,
    },
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CompanyRateKind {
    /// The company's rate from then on.
    Company,
    /// Its rate for a time, which overrules the others.
    Promotion,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetCompanyCommissionRequest {
    pub kind: CompanyRateKind,
    /// 0 to 50 % of the net price; null takes back what was set of this kind.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, example = "5")]
    pub rate: Option<Percent>,
    /// At once where it is absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    /// Required of a promotion, and of nothing else.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ends_at: Option<Timestamp>,
    /// Why, for the trail.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

impl SetCompanyCommissionRequest {
    fn wish(&self, company_id: CompanyId) -> Result<Wish, Problem> {
        let ends = self.kind == CompanyRateKind::Promotion && self.rate.is_some();
        match self.ends_at {
            None if ends => return Err(invalid("/ends_at", "a promotion has an end")),
            Some(_) if !ends => return Err(invalid("/ends_at", "only a promotion that has a rate ends")),
            _ => {}
        }
        let content = Content {
            kind: match self.kind {
                CompanyRateKind::Company => TermKind::Company,
                CompanyRateKind::Promotion => TermKind::Promotion,
            },
            company_id: Some(company_id),
            plan: None,
            rate: checked_rate(self.rate)?,
            ends_at: self.ends_at,
            reason: checked_reason(&self.reason)?,
        };
        Ok(Wish { content, starts_at: self.starts_at })
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetCompanyPlanRequest {
    /// A plan for which a rate was set; null takes the company off its plan.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required, value_type = Option<String>, example = "gold", pattern = "^[a-z0-9][a-z0-9-]{0,62}$")]
    pub plan: Option<PlanName>,
    /// At once where it is absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub starts_at: Option<Timestamp>,
    /// Why, for the trail.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CompanyCommissionResponse {
    pub company_id: CompanyId,
    pub in_force: CommissionResponse,
    /// The plan that the company is on, whether or not it decides.
    #[schema(required, value_type = Option<String>)]
    pub plan: Option<PlanName>,
    /// What was set for the company, newest first.
    pub history: Page<CommissionTermResponse>,
}

/// A company's commission now and why, and what was set for it, newest first.
#[utoipa::path(
    tag = "commission",
    params(("company_id" = CompanyId, Path), PageQuery),
    responses(
        (status = 200, body = CompanyCommissionResponse),
        (status = 404, body = problem::ProblemBody),
    ),
    security(("bearer" = [])),
)]
#[get("/api/admin/companies/{company_id}/commission")]
pub async fn get_company_commission(
    app: web::Data<App>,
    _admin: PlatformAdmin,
    Path(company_id): Path<CompanyId>,
    Query(page): Query<PageQuery>,
) -> Result<web::Json<CompanyCommissionResponse>, Problem> {
    commands::require_company(&app, company_id).await?;
    shown(&app, company_id, &page).await
}

/// Sets a company's rate, or a promotion. Payments that were made before keep theirs, and so do their refunds. Setting again what
/// was set last changes nothing.
#[utoipa::path(
    tag = "commission",
    params(("company_id" = CompanyId, Path)),
    request_body = SetCompanyCommissionRequest,
    responses(
        (status = 200, body = CompanyCommissionResponse),
        (status = 404, body = problem::ProblemBody),
    ),
    security(("bearer" = [])),
)]
#[put("/api/admin/companies/{company_id}/commission")]
pub async fn set_company_commission(
    app: web::Data<App>,
    admin: PlatformAdmin,
    whence: Whence,
    Path(company_id): Path<CompanyId>,
    body: Json<SetCompanyCommissionRequest>,
) -> Result<web::Json<CompanyCommissionResponse>, Problem> {
    let doer = Doer { person: admin.user_id(), whence };
    commands::set_term(&app, &doer, &body.wish(company_id)?, app.clock.now()).await?;
    shown(&app, company_id, &PageQuery::default()).await
}

/// Puts a company on a plan, or takes it off its plan.
#[utoipa::path(
    tag = "commission",
    params(("company_id" = CompanyId, Path)),
    request_body = SetCompanyPlanRequest,
    responses(
        (status = 200, body = CompanyCommissionResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 422, body = problem::ProblemBody, description = "`unknown_plan`: no rate was ever set for it"),
    ),
    security(("bearer" = [])),
)]
#[put("/api/admin/companies/{company_id}/commission-plan")]
pub async fn set_company_plan(
    app: web::Data<App>,
    admin: PlatformAdmin,
    whence: Whence,
    Path(company_id): Path<CompanyId>,
    body: Json<SetCompanyPlanRequest>,
) -> Result<web::Json<CompanyCommissionResponse>, Problem> {
    let content = Content {
        kind: TermKind::Membership,
        company_id: Some(company_id),
        plan: body.plan.clone(),
        rate: None,
        ends_at: None,
        reason: checked_reason(&body.reason)?,
    };
    let wish = Wish { content, starts_at: body.starts_at };
    let doer = Doer { person: admin.user_id(), whence };
    commands::set_term(&app, &doer, &wish, app.clock.now()).await?;
    shown(&app, company_id, &PageQuery::default()).await
}

async fn shown(
    app: &App,
    company_id: CompanyId,
    page: &PageQuery,
) -> Result<web::Json<CompanyCommissionResponse>, Problem> {
    let (limit, below) = (page.limit()?, page.after()?);
    let mut conn = app.db.conn().await?;
    let standing = commands::standing_in_tx(&mut conn, app, company_id, app.clock.now()).await?;
    let terms = list_of_company(&mut conn, company_id, below, limit + 1).await?;
    Ok(web::Json(CompanyCommissionResponse {
        company_id,
        in_force: standing.in_force.into(),
        plan: standing.plan,
        history: Page::of(terms, limit, |term| term.number).map(CommissionTermResponse::from),
    }))
}
