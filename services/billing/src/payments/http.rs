//! Payments over HTTP.

use actix_web::{get, post, web};
use jiff::Timestamp;
use kernel::{CompanyId, Money, PaymentId, UserId};
use problem::Problem;
use providers::{MethodSummary, ProviderName};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Page, PageQuery, Path, Query};

use super::{Payment, PaymentStatus, commands, settlement::Settlement, store as payments};
use crate::{
    App,
    authorizations::http::AuthorizationResponse,
    payables::PayableRef,
    sessions::Session,
    viewer::{Owner, Viewer},
};

/// A payment as clients see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Payment)]
pub struct PaymentResponse {
    pub id: PaymentId,
    /// `pending`, `processing`, `succeeded`, `failed`, `cancelled`, `refunded` or `partially_refunded`.
    #[schema(value_type = String, example = "pending")]
    pub status: &'static str,
    #[schema(value_type = String, example = "stripe")]
    pub provider: ProviderName,
    pub amount: Money,
    pub amount_refunded: Money,
    pub payable: PayableRef,
    /// Who pays; null where a guest's booking was paid by a link.
    pub customer_id: Option<UserId>,
    #[schema(value_type = Option<PaymentMethodSchema>)]
    pub method: Option<MethodSummary>,
    pub provider_payment_id: Option<String>,
    /// Where the money is held first, and taken later if at all; null for what is taken when the customer pays.
    pub authorization: Option<AuthorizationResponse>,
    /// The provider's page, while it can be paid there.
    pub checkout_url: Option<String>,
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
    /// How often it was tried to pay.
    pub attempts: i32,
    /// With whom the payment settles.
    pub settlement: Settlement,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

/// What may be known of the card or account that was paid with.
#[derive(Debug, utoipa::ToSchema)]
#[schema(as = PaymentMethodSummary)]
#[expect(dead_code, reason = "describes `providers::MethodSummary` in the API document")]
pub struct PaymentMethodSchema {
    #[schema(example = "card")]
    kind: String,
    brand: Option<String>,
    last4: Option<String>,
    exp_month: Option<u8>,
    exp_year: Option<u16>,
}

impl PaymentResponse {
    pub fn of(payment: Payment, session: &Session) -> Self {
        let checkout_url = open_page(&payment, session);
        let (authorization, settlement) = (AuthorizationResponse::of(&payment), payment.settlement());
        let (failure_code, failure_message) =
            payment.failure.clone().map(|failure| (failure.code, failure.message)).unzip();
        Self {
            id: payment.id,
            status: public_status(&payment),
            provider: payment.provider,
            amount: payment.amount,
            amount_refunded: Money::new(payment.refunded, payment.amount.currency),
            payable: payment.payable,
            customer_id: payment.customer_user_id,
            method: payment.method,
            provider_payment_id: payment.provider_payment_id,
            authorization,
            checkout_url,
            failure_code,
            failure_message,
            attempts: payment.attempts,
            settlement,
            created_at: payment.created_at,
            updated_at: payment.updated_at,
        }
    }
}

/// The provider's page, while it can be paid there.
pub fn open_page(payment: &Payment, session: &Session) -> Option<String> {
    let can_be_paid = payment.status == PaymentStatus::Pending && session.is_open();
    session.checkout_url.clone().filter(|_| can_be_paid)
}

pub fn public_status(payment: &Payment) -> &'static str {
    match payment.status {
        PaymentStatus::Succeeded if payment.refunded >= payment.captured => "refunded",
        PaymentStatus::Succeeded if payment.refunded > 0 => "partially_refunded",
        // The customer has done everything; `authorization` tells the rest.
        PaymentStatus::Authorized => PaymentStatus::Processing.as_str(),
        status => status.as_str(),
    }
}

/// Whose payments, and which page of them.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListPaymentsQuery {
    /// The payments to this company, for those who work there; the caller's own when absent.
    pub company_id: Option<CompanyId>,
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    pub cursor: Option<String>,
}

/// The owner whose list is asked for: the caller, or a company the caller works for.
pub fn owner(caller: &Caller, company_id: Option<CompanyId>) -> Result<Owner, Problem> {
    match company_id {
        Some(company_id) => Ok(Owner::Company(caller.staff_of(company_id)?.company_id())),
        None => Ok(Owner::Customer(caller.user_id())),
    }
}

/// Lists payments, newest first.
#[utoipa::path(
    tag = "payments",
    params(ListPaymentsQuery),
    responses(
        (status = 200, body = Page<PaymentResponse>),
        (status = 404, body = problem::ProblemBody),
    ),
    security(("bearer" = [])),
)]
#[get("/api/payments")]
pub async fn list_payments(
    app: web::Data<App>,
    caller: Caller,
    Query(query): Query<ListPaymentsQuery>,
) -> Result<web::Json<Page<PaymentResponse>>, Problem> {
    let owner = owner(&caller, query.company_id)?;
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let (limit, after) = (page.limit()?, page.after()?);
    let mut conn = app.db.conn().await?;
    let found = payments::list_payments(&mut conn, owner, after, limit + 1).await?;
    let page = Page::of(found, limit, |(payment, _)| (payment.created_at, payment.id));
    Ok(web::Json(page.map(|(payment, session)| PaymentResponse::of(payment, &session))))
}

/// One payment.
#[utoipa::path(
    tag = "payments",
    params(("payment_id" = PaymentId, Path)),
    responses((status = 200, body = PaymentResponse)),
    security(("bearer" = [])),
)]
#[get("/api/payments/{payment_id}")]
pub async fn get_payment(
    app: web::Data<App>,
    caller: Caller,
    Path(payment_id): Path<PaymentId>,
) -> Result<web::Json<PaymentResponse>, Problem> {
    let (payment, session) = commands::find_visible(&app, &Viewer::from(&caller), payment_id).await?;
    Ok(web::Json(PaymentResponse::of(payment, &session)))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyPaymentRequest {
    pub payment_id: PaymentId,
}

/// Asks the provider what became of a payment.
#[utoipa::path(
    tag = "payments",
    request_body = VerifyPaymentRequest,
    responses(
        (status = 200, body = PaymentResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 503, body = problem::ProblemBody, description = "The provider is out of reach."),
    ),
    security(("bearer" = [])),
)]
#[post("/api/payments/verify")]
pub async fn verify_payment(
    app: web::Data<App>,
    caller: Caller,
    body: Json<VerifyPaymentRequest>,
) -> Result<web::Json<PaymentResponse>, Problem> {
    let now = app.clock.now();
    let (payment, session) = commands::verify_payment(&app, &Viewer::from(&caller), body.payment_id, now).await?;
    Ok(web::Json(PaymentResponse::of(payment, &session)))
}

/// How payments can be made here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PaymentConfigResponse {
    /// `sandbox`, `test` or `live`; null where no payments are taken.
    pub mode: Option<&'static str>,
    /// The enabled providers; the first is the default.
    pub providers: Vec<&'static str>,
    /// The default provider's, for a browser.
    pub publishable_key: Option<String>,
    pub methods: Vec<&'static str>,
}

/// What customers can pay with.
fn methods(enabled: &[ProviderName]) -> Vec<&'static str> {
    let takes_cards = enabled.iter().any(|name| matches!(name, ProviderName::Stripe | ProviderName::Square));
    let takes_paypal = enabled.contains(&ProviderName::Paypal);
    takes_cards.then_some("card").into_iter().chain(takes_paypal.then_some("paypal")).collect()
}

/// What a client needs to know to take payments.
#[utoipa::path(tag = "payments", responses((status = 200, body = PaymentConfigResponse)))]
#[get("/api/payments/config")]
pub async fn payment_config(app: web::Data<App>) -> web::Json<PaymentConfigResponse> {
    let providers = app.providers();
    let enabled = providers.enabled();
    let default_key = enabled.first().and_then(|name| providers.publishable_key(*name));
    web::Json(PaymentConfigResponse {
        mode: providers.mode().map(providers::Mode::as_str),
        publishable_key: default_key.map(str::to_owned),
        methods: methods(&enabled),
        providers: enabled.into_iter().map(ProviderName::as_str).collect(),
    })
}
