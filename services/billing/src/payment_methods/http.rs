//! Saved methods over HTTP. Everybody sees their own and nobody else's.

use actix_web::{HttpResponse, delete, get, http::StatusCode, post, put, web};
use jiff::Timestamp;
use kernel::{MethodSetupId, PaymentMethodId};
use problem::Problem;
use providers::ProviderName;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Page, PageQuery, Path, Query};

use super::{
    MethodSetup, PaymentMethod, commands,
    setups::{self, NewSetup},
    store as methods,
};
use crate::{App, sessions::http::callbacks};

/// Who keeps methods.
const PROVIDER: ProviderName = ProviderName::Stripe;

/// A saved method: no more of it than a person needs to recognise it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PaymentMethod)]
pub struct MethodResponse {
    pub id: PaymentMethodId,
    #[schema(value_type = String, example = "stripe")]
    pub provider: ProviderName,
    /// `card` or another kind, in the provider's word.
    pub kind: String,
    pub brand: Option<String>,
    pub last4: Option<String>,
    pub exp_month: Option<u8>,
    pub exp_year: Option<u16>,
    pub is_default: bool,
    /// Whether companies may charge it without its owner, for what they owe.
    pub off_session: bool,
    /// Since when they may.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub consented_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<PaymentMethod> for MethodResponse {
    fn from(method: PaymentMethod) -> Self {
        let summary = method.summary;
        Self {
            id: method.id,
            provider: method.provider,
            kind: summary.kind,
            brand: summary.brand,
            last4: summary.last4,
            exp_month: summary.exp_month,
            exp_year: summary.exp_year,
            is_default: method.is_default,
            off_session: method.consented_at.is_some(),
            consented_at: method.consented_at,
            created_at: method.created_at,
        }
    }
}

/// A page on which a method is given.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PaymentMethodSetup)]
pub struct SetupResponse {
    pub id: MethodSetupId,
    /// `pending`, `succeeded` or `expired`.
    #[schema(value_type = String, example = "pending")]
    pub status: &'static str,
    #[schema(value_type = String, example = "stripe")]
    pub provider: ProviderName,
    /// The provider's page, while a method can be given there.
    pub setup_url: Option<String>,
    /// What was given there.
    pub payment_method_id: Option<PaymentMethodId>,
    /// Why the last try failed.
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<MethodSetup> for SetupResponse {
    fn from(setup: MethodSetup) -> Self {
        let (failure_code, failure_message) = setup.failure.map(|failure| (failure.code, failure.message)).unzip();
        Self {
            id: setup.id,
            status: setup.status.as_str(),
            provider: setup.provider,
            setup_url: setup.setup_url,
            payment_method_id: setup.payment_method_id,
            failure_code,
            failure_message,
            created_at: setup.created_at,
        }
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSetupRequest {
    /// Whether companies may charge the method without its owner, for what they owe: said by a person who has read that.
    pub off_session: bool,
    /// Makes it the one that is charged where none is named. The first one is, whatever is said here.
    #[serde(default)]
    pub make_default: bool,
    /// Where the person comes back to: http or https. `setup_id` is added to its query.
    #[schema(format = "uri", max_length = 2000)]
    pub success_url: Option<String>,
    /// Where they come back to without having given anything.
    #[schema(format = "uri", max_length = 2000)]
    pub cancel_url: Option<String>,
}

/// Opens a page on which the caller gives a payment method; nothing is paid.
#[utoipa::path(
    tag = "payment methods",
    request_body = CreateSetupRequest,
    responses(
        (status = 201, body = SetupResponse),
        (status = 409, body = problem::ProblemBody, description = "`payment_methods_not_offered`, `too_many_payment_methods`"),
        (status = 503, body = problem::ProblemBody, description = "The provider is out of reach."),
    ),
    security(("bearer" = [])),
)]
#[post("/api/payment-methods/setup-session")]
pub async fn create_method_setup(
    app: web::Data<App>,
    caller: Caller,
    body: Json<CreateSetupRequest>,
) -> Result<HttpResponse, Problem> {
    let body = body.into_inner();
    let new = NewSetup {
        user_id: caller.user_id(),
        email: Some(caller.email().to_owned()).filter(|email| !email.is_empty()),
        callbacks: callbacks(&app.config, "payment-methods", body.success_url, body.cancel_url)?,
        consents: body.off_session,
        makes_default: body.make_default,
    };
    let setup = setups::create_setup(&app, PROVIDER, new).await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(SetupResponse::from(setup)))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifySetupRequest {
    pub setup_id: MethodSetupId,
}

/// Asks the provider what was given on a page.
#[utoipa::path(
    tag = "payment methods",
    request_body = VerifySetupRequest,
    responses(
        (status = 200, body = SetupResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 503, body = problem::ProblemBody, description = "The provider is out of reach."),
    ),
    security(("bearer" = [])),
)]
#[post("/api/payment-methods/verify")]
pub async fn verify_method_setup(
    app: web::Data<App>,
    caller: Caller,
    body: Json<VerifySetupRequest>,
) -> Result<web::Json<SetupResponse>, Problem> {
    Ok(web::Json(setups::verify_setup(&app, caller.user_id(), body.setup_id).await?.into()))
}

/// Lists the caller's payment methods, newest first.
#[utoipa::path(
    tag = "payment methods",
    params(PageQuery),
    responses((status = 200, body = Page<MethodResponse>)),
    security(("bearer" = [])),
)]
#[get("/api/payment-methods")]
pub async fn list_payment_methods(
    app: web::Data<App>,
    caller: Caller,
    Query(page): Query<PageQuery>,
) -> Result<web::Json<Page<MethodResponse>>, Problem> {
    let (limit, after) = (page.limit()?, page.after()?);
    let mut conn = app.db.conn().await?;
    let found = methods::list_methods(&mut conn, caller.user_id(), after, limit + 1).await?;
    let page = Page::of(found, limit, |method| (method.created_at, method.id));
    Ok(web::Json(page.map(MethodResponse::from)))
}

/// One of the caller's payment methods.
#[utoipa::path(
    tag = "payment methods",
    params(("payment_method_id" = PaymentMethodId, Path)),
    responses((status = 200, body = MethodResponse)),
    security(("bearer" = [])),
)]
#[get("/api/payment-methods/{payment_method_id}")]
pub async fn get_payment_method(
    app: web::Data<App>,
    caller: Caller,
    Path(id): Path<PaymentMethodId>,
) -> Result<web::Json<MethodResponse>, Problem> {
    Ok(web::Json(commands::find_own(&app, caller.user_id(), id).await?.into()))
}

/// Makes one of the caller's methods the one that is charged where none is named.
#[utoipa::path(
    tag = "payment methods",
    params(("payment_method_id" = PaymentMethodId, Path)),
    responses((status = 200, body = MethodResponse)),
    security(("bearer" = [])),
)]
#[put("/api/payment-methods/{payment_method_id}/default")]
pub async fn set_default_payment_method(
    app: web::Data<App>,
    caller: Caller,
    Path(id): Path<PaymentMethodId>,
) -> Result<web::Json<MethodResponse>, Problem> {
    Ok(web::Json(commands::set_default(&app, caller.user_id(), id).await?.into()))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetConsentRequest {
    /// Whether companies may charge the method without its owner, for what they owe.
    pub off_session: bool,
}

/// Gives or takes back the consent to be charged without being there.
#[utoipa::path(
    tag = "payment methods",
    params(("payment_method_id" = PaymentMethodId, Path)),
    request_body = SetConsentRequest,
    responses((status = 200, body = MethodResponse)),
    security(("bearer" = [])),
)]
#[put("/api/payment-methods/{payment_method_id}/consent")]
pub async fn set_payment_method_consent(
    app: web::Data<App>,
    caller: Caller,
    Path(id): Path<PaymentMethodId>,
    body: Json<SetConsentRequest>,
) -> Result<web::Json<MethodResponse>, Problem> {
    Ok(web::Json(commands::set_consent(&app, caller.user_id(), id, body.off_session).await?.into()))
}

/// Removes one of the caller's methods, here and at the provider. Payments that were made with it stay.
#[utoipa::path(
    tag = "payment methods",
    params(("payment_method_id" = PaymentMethodId, Path)),
    responses((status = 204)),
    security(("bearer" = [])),
)]
#[delete("/api/payment-methods/{payment_method_id}")]
pub async fn remove_payment_method(
    app: web::Data<App>,
    caller: Caller,
    Path(id): Path<PaymentMethodId>,
) -> Result<HttpResponse, Problem> {
    commands::remove_method(&app, caller.user_id(), id).await.map_err(Problem::from)?;
    Ok(HttpResponse::NoContent().finish())
}
