//! Payouts over HTTP.

use actix_web::{get, post, web};
use jiff::Timestamp;
use kernel::{CompanyId, Money, PayoutId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{
    Caller, IdempotencyKey, Idempotent, Json, Page, PageQuery, Path, Query, Scope, StoredAnswer,
    identity::permissions::ManagePayouts,
};

use super::{Payout, PayoutError, PayoutStatus, commands, store as payouts};
use crate::{
    App,
    viewer::{Viewer, company_or_all},
};

/// A payout as clients see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Payout)]
pub struct PayoutResponse {
    pub id: PayoutId,
    pub company_id: CompanyId,
    pub amount: Money,
    /// `requested`, `held` (the company's balance keeps it), `sent` (to the bank, or to PayPal), `paid`, `failed` (it will be, or
    /// is, in the company's balance again), `returned` (it had been booked as paid out and is in the balance again).
    #[schema(value_type = String, example = "held")]
    pub status: &'static str,
    /// `requested` by somebody, or by the `schedule`.
    #[schema(value_type = String, example = "requested")]
    pub cause: &'static str,
    pub provider: &'static str,
    /// The provider's id, once it is on its way: at PayPal that of the batch.
    pub provider_payout_id: Option<String>,
    /// The provider's word: `account_closed`. While it is `sent`, what it waits for: `receiver_unregistered`.
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
    /// When the bank should have it, as the provider thinks.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub arrives_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub paid_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl From<Payout> for PayoutResponse {
    fn from(payout: Payout) -> Self {
        let (failure_code, failure_message) =
            payout.failure.clone().map(|failure| (failure.code, failure.message)).unzip();
        Self {
            id: payout.id,
            company_id: payout.company_id,
            amount: payout.amount,
            status: public_status(payout.status),
            cause: payout.cause().as_str(),
            provider: payout.provider.as_str(),
            provider_payout_id: payout.provider_payout_id,
            failure_code,
            failure_message,
            arrives_at: payout.arrives_at,
            paid_at: payout.paid_at,
            created_at: payout.created_at,
            updated_at: payout.updated_at,
        }
    }
}

/// Where at the provider it lies, and how far undoing has come, is nobody's business.
fn public_status(status: PayoutStatus) -> &'static str {
    match status {
        PayoutStatus::Transferred => PayoutStatus::Held.as_str(),
        PayoutStatus::Failing => PayoutStatus::Failed.as_str(),
        status => status.as_str(),
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePayoutRequest {
    pub company_id: CompanyId,
    /// In the currency in which the company is paid; everything that is payable when absent.
    pub amount: Option<Money>,
}

/// Pays a company out. The money is kept aside at once and goes to the company's bank, or to its receiver at PayPal, in the
/// background.
#[utoipa::path(
    tag = "payouts",
    request_body = CreatePayoutRequest,
    params(("Idempotency-Key" = String, Header)),
    responses(
        (status = 201, body = PayoutResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`payouts_not_enabled`, `insufficient_balance`, `idempotency_in_progress`"),
        (status = 422, body = problem::ProblemBody, description = "`amount_too_small`, `currency_not_supported`"),
        (status = 503, body = problem::ProblemBody, description = "The ledger is out of reach; send the same key again."),
    ),
    security(("bearer" = [])),
)]
#[post("/api/payouts")]
pub async fn create_payout(
    app: web::Data<App>,
    caller: Caller,
    key: IdempotencyKey,
    body: Json<CreatePayoutRequest>,
) -> Result<StoredAnswer, Problem> {
    let idempotent = Idempotent {
        caller: caller.user_id().uuid(),
        route: "POST /api/payouts",
        key,
        fingerprint: body.fingerprint(),
        scope: Scope::Money,
        now: app.clock.now(),
    };
    let allowed = caller.allowed::<ManagePayouts>(body.company_id)?;
    Ok(commands::request_payout(&app, &allowed, &idempotent, body.amount, PayoutResponse::from).await?)
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListPayoutsQuery {
    /// Of this company, for those who work there. Without it the platform's administrators see all of them.
    pub company_id: Option<CompanyId>,
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// Lists payouts, newest first.
#[utoipa::path(
    tag = "payouts",
    params(ListPayoutsQuery),
    responses(
        (status = 200, body = Page<PayoutResponse>),
        (status = 404, body = problem::ProblemBody),
    ),
    security(("bearer" = [])),
)]
#[get("/api/payouts")]
pub async fn list_payouts(
    app: web::Data<App>,
    caller: Caller,
    Query(query): Query<ListPayoutsQuery>,
) -> Result<web::Json<Page<PayoutResponse>>, Problem> {
    let company_id = company_or_all(&caller, query.company_id, "payouts")?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let (limit, after) = (page.limit()?, page.after()?);
    let mut conn = app.db.conn().await?;
    let found = payouts::list_payouts(&mut conn, company_id, after, limit + 1).await?;
    let page = Page::of(found, limit, |payout| (payout.created_at, payout.id));
    Ok(web::Json(page.map(PayoutResponse::from)))
}

/// One payout.
#[utoipa::path(
    tag = "payouts",
    params(("payout_id" = PayoutId, Path)),
    responses((status = 200, body = PayoutResponse)),
    security(("bearer" = [])),
)]
#[get("/api/payouts/{payout_id}")]
pub async fn get_payout(
    app: web::Data<App>,
    caller: Caller,
    Path(payout_id): Path<PayoutId>,
) -> Result<web::Json<PayoutResponse>, Problem> {
    let mut conn = app.db.conn().await?;
    let payout = payouts::find_visible_payout(&mut conn, &Viewer::from(&caller), payout_id).await?;
    Ok(web::Json(payout.ok_or(PayoutError::NotFound)?.into()))
}
