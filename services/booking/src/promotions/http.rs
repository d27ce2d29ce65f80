//! Promotions over HTTP.

use actix_web::{HttpResponse, delete, get, post, put, web::Data};
use jiff::Timestamp;
use kernel::{CompanyId, Currency, Money, Percent, PromotionId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Page, PageQuery, Path, Query};
use utoipa::{IntoParams, ToSchema};

use super::{
    commands::{self, UsedPromotion},
    model::{Limits, Reduction, is_code, normalized},
    store::Content,
};
use crate::{local_time::is_plausible, startup::App, validation::Validation};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePromotionRequest {
    company_id: CompanyId,
    /// Compared without regard to case.
    #[schema(min_length = 3, max_length = 40, pattern = "^[A-Za-z0-9_-]+$")]
    code: String,
    /// The company's.
    currency: Currency,
    percent: Option<Percent>,
    #[schema(minimum = 1, maximum = 100_000_000_000_i64)]
    amount: Option<i64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_from: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_until: Option<Timestamp>,
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    min_amount: Option<i64>,
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_uses: Option<i32>,
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_uses_per_customer: Option<i32>,
}

/// All of a promotion but its code; what is absent is without limit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdatePromotionRequest {
    /// The company's.
    currency: Currency,
    /// Off the net price; this or an amount.
    percent: Option<Percent>,
    /// Off the net price, in minor units of `currency`.
    #[schema(minimum = 1, maximum = 100_000_000_000_i64)]
    amount: Option<i64>,
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_from: Option<Timestamp>,
    /// Not any more at this instant.
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_until: Option<Timestamp>,
    /// The least net price, before the promotion, of a booking that can use it.
    #[schema(minimum = 0, maximum = 100_000_000_000_i64)]
    min_amount: Option<i64>,
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_uses: Option<i32>,
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_uses_per_customer: Option<i32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PromotionResponse {
    id: PromotionId,
    company_id: CompanyId,
    code: String,
    percent: Option<Percent>,
    amount: Option<Money>,
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_from: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    valid_until: Option<Timestamp>,
    min_amount: i64,
    max_uses: Option<i32>,
    max_uses_per_customer: Option<i32>,
    /// By bookings that have not ended before their time.
    uses: i64,
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

/// Whose promotions, and which page of them.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListPromotionsQuery {
    company_id: CompanyId,
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    cursor: Option<String>,
}

impl From<UsedPromotion> for PromotionResponse {
    fn from(UsedPromotion { promotion, uses }: UsedPromotion) -> Self {
        let (percent, amount) = match promotion.terms.reduction {
            Reduction::Percent(percent) => (Some(percent), None),
            Reduction::Amount(amount) => (None, Some(amount)),
        };
        let limits = promotion.limits;
        Self {
            id: promotion.id,
            company_id: promotion.company_id,
            code: promotion.terms.code,
            percent,
            amount,
            valid_from: limits.valid_from,
            valid_until: limits.valid_until,
            min_amount: limits.min_amount,
            max_uses: limits.max_uses,
            max_uses_per_customer: limits.max_uses_per_customer,
            uses,
            ended_at: promotion.ended_at,
            created_at: promotion.created_at,
        }
    }
}

impl CreatePromotionRequest {
    /// The code in capitals, and the rest.
    fn validated(self) -> Result<(String, Content), Problem> {
        let code = normalized(&self.code);
        let mut validation = Validation::default();
        validation.demand(is_code(&code), "/code", "expected 3 to 40 letters, digits, dashes and underscores");
        validation.finish()?;
        let rest = UpdatePromotionRequest {
            currency: self.currency,
            percent: self.percent,
            amount: self.amount,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            min_amount: self.min_amount,
            max_uses: self.max_uses,
            max_uses_per_customer: self.max_uses_per_customer,
        };
        Ok((code, rest.validated()?))
    }
}

impl UpdatePromotionRequest {
    fn validated(&self) -> Result<Content, Problem> {
        let mut validation = Validation::default();
        validation.amount("/min_amount", self.min_amount.unwrap_or(0));
        let uses = [("/max_uses", self.max_uses), ("/max_uses_per_customer", self.max_uses_per_customer)];
        for (pointer, limit) in uses {
            validation.within(pointer, limit.unwrap_or(1), 1..=1_000_000);
        }
        for (pointer, instant) in [("/valid_from", self.valid_from), ("/valid_until", self.valid_until)] {
            validation.demand(instant.is_none_or(is_plausible), pointer, "expected a year from 1900 to 2999");
        }
        let orderly = self.valid_from.zip(self.valid_until).is_none_or(|(from, until)| from < until);
        validation.demand(orderly, "/valid_until", "expected an instant after valid_from");
        let reduction = match (self.percent, self.amount) {
            (Some(percent), None) if percent > Percent::ZERO => Some(Reduction::Percent(percent)),
            (None, Some(amount)) if amount > 0 => {
                validation.amount("/amount", amount);
                Some(Reduction::Amount(Money::new(amount, self.currency)))
            }
            _ => None,
        };
        validation.demand(reduction.is_some(), "/percent", "expected a percentage or an amount, above zero");
        validation.finish()?;
        let limits = Limits {
            valid_from: self.valid_from,
            valid_until: self.valid_until,
            min_amount: self.min_amount.unwrap_or(0),
            max_uses: self.max_uses,
            max_uses_per_customer: self.max_uses_per_customer,
        };
        let reduction = reduction.unwrap_or(Reduction::Percent(Percent::ZERO));
        Ok(Content { reduction, currency: self.currency, limits })
    }
}

/// Create a promotion of a company that the caller manages.
#[utoipa::path(
    tag = "promotions",
    request_body = CreatePromotionRequest,
    responses(
        (status = 201, body = PromotionResponse), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    ),
    security(("bearer" = []))
)]
#[post("/api/promotions")]
pub async fn create_promotion(
    app: Data<App>,
    caller: Caller,
    body: Json<CreatePromotionRequest>,
) -> Result<HttpResponse, Problem> {
    let manager = caller.manager_of(body.company_id)?;
    let (code, content) = body.into_inner().validated()?;
    let promotion = commands::create_promotion(&app, &manager, &code, content).await?;
    Ok(HttpResponse::Created().json(PromotionResponse::from(promotion)))
}

/// The promotions of a company, the newest first.
#[utoipa::path(
    tag = "promotions",
    params(ListPromotionsQuery),
    responses((status = 200, body = Page<PromotionResponse>), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
#[get("/api/promotions")]
pub async fn list_promotions(
    app: Data<App>,
    caller: Caller,
    query: Query<ListPromotionsQuery>,
) -> Result<HttpResponse, Problem> {
    let staff = caller.staff_of(query.company_id)?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let limit = page.limit()?;
    let found = commands::list_promotions(&app, staff.company_id(), page.after()?, limit + 1).await?;
    let page = Page::of(found, limit, |found| found.promotion.id);
    Ok(HttpResponse::Ok().json(page.map(PromotionResponse::from)))
}

/// A promotion of a company that the caller works for.
#[utoipa::path(
    tag = "promotions",
    params(("promotion_id" = PromotionId, Path)),
    responses((status = 200, body = PromotionResponse)),
    security(("bearer" = []))
)]
#[get("/api/promotions/{promotion_id}")]
pub async fn get_promotion(app: Data<App>, caller: Caller, id: Path<PromotionId>) -> Result<HttpResponse, Problem> {
    let promotion = commands::get_promotion(&app, &caller, *id).await?;
    Ok(HttpResponse::Ok().json(PromotionResponse::from(promotion)))
}

/// Change what a promotion takes off and when. Bookings and quotes keep the price they were made at.
#[utoipa::path(
    tag = "promotions",
    params(("promotion_id" = PromotionId, Path)),
    request_body = UpdatePromotionRequest,
    responses((status = 200, body = PromotionResponse)),
    security(("bearer" = []))
)]
#[put("/api/promotions/{promotion_id}")]
pub async fn update_promotion(
    app: Data<App>,
    caller: Caller,
    id: Path<PromotionId>,
    body: Json<UpdatePromotionRequest>,
) -> Result<HttpResponse, Problem> {
    let promotion = commands::update_promotion(&app, &caller, *id, body.validated()?).await?;
    Ok(HttpResponse::Ok().json(PromotionResponse::from(promotion)))
}

/// End a promotion. Whoever has used it keeps the price.
#[utoipa::path(
    tag = "promotions",
    params(("promotion_id" = PromotionId, Path)),
    responses((status = 204)),
    security(("bearer" = []))
)]
#[delete("/api/promotions/{promotion_id}")]
pub async fn end_promotion(app: Data<App>, caller: Caller, id: Path<PromotionId>) -> Result<HttpResponse, Problem> {
    commands::end_promotion(&app, &caller, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
