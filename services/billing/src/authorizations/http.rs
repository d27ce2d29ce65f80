//! Authorisations over HTTP.

use actix_web::{post, web};
use jiff::Timestamp;
use kernel::{CompanyId, Money, PaymentId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, CompanyManager, IdempotencyKey, Idempotent, Json, Path, Scope, StoredAnswer};
use sha2::{Digest, Sha256};

use super::{
    Authorization, Wish,
    commands::{Order, carry_out},
};
use crate::{
    App,
    payments::{Payment, PaymentStatus, commands::find_visible, http::PaymentResponse},
    viewer::Viewer,
};

/// Money that is held, as clients see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Authorization)]
pub struct AuthorizationResponse {
    /// `pending`, `held`, `capturing`, `captured`, `voiding`, `void`, `expired` or `failed`.
    #[schema(value_type = String, example = "held")]
    pub status: &'static str,
    /// What is held, or is to be.
    pub amount: Money,
    pub captured: Option<Money>,
    /// When the customer's bank lets go of it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// The payment whose authorisation this one stands in for.
    pub renews: Option<PaymentId>,
    /// The payment that is to hold the money after this one.
    pub renewed_by: Option<PaymentId>,
    /// Why the last capture, or the renewal, was refused.
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
}

impl AuthorizationResponse {
    pub fn of(payment: &Payment) -> Option<Self> {
        let authorization = payment.authorization.as_ref()?;
        let money = |amount| Money::new(amount, payment.amount.currency);
        let failure = authorization.failure.clone();
        let (failure_code, failure_message) = failure.map(|failure| (failure.code, failure.message)).unzip();
        Some(Self {
            status: status(payment.status, authorization),
            amount: money(authorization.held.unwrap_or(payment.amount.amount)),
            captured: (payment.captured > 0).then(|| money(payment.captured)),
            expires_at: authorization.lapses_at().filter(|_| payment.status == PaymentStatus::Authorized),
            renews: authorization.renews,
            renewed_by: authorization.renewal,
            failure_code,
            failure_message,
        })
    }
}

fn status(payment: PaymentStatus, authorization: &Authorization) -> &'static str {
    match (payment, authorization.wish) {
        (PaymentStatus::Succeeded, _) => "captured",
        (PaymentStatus::Authorized, None) => "held",
        (PaymentStatus::Authorized, Some(Wish::Capture(_))) => "capturing",
        (PaymentStatus::Authorized, Some(Wish::Void(_))) => "voiding",
        (PaymentStatus::Pending | PaymentStatus::Processing, _) => "pending",
        (PaymentStatus::Failed, _) => "failed",
        (PaymentStatus::Cancelled, Some(Wish::Void(_))) => "void",
        (PaymentStatus::Cancelled, _) if authorization.held.is_some() => "expired",
        (PaymentStatus::Cancelled, _) => "void",
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CaptureAuthorizationRequest {
    /// Minor units of the payment's currency; everything that is held when absent. The rest is let go of.
    #[schema(minimum = 1)]
    pub amount: Option<i64>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VoidAuthorizationRequest {
    /// If given, everything that is held, in minor units: a part is let go of by capturing the rest.
    #[schema(minimum = 1)]
    pub amount: Option<i64>,
}

/// Takes money that is held, all of it or a part, once. It pays what is due of the booking, and is charged to it beyond that.
#[utoipa::path(
    tag = "payments",
    request_body = CaptureAuthorizationRequest,
    params(("payment_id" = PaymentId, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, body = PaymentResponse),
        (status = 403, body = problem::ProblemBody, description = "`company_decides`"),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`capture_exceeds_authorization`, `authorization_pending`, `authorization_captured`, `authorization_void`, `authorization_expired`, `authorization_renewed`, `not_an_authorization`, `idempotency_in_progress`"),
    ),
    security(("bearer" = [])),
)]
#[post("/api/payments/{payment_id}/capture")]
pub async fn capture_authorization(
    app: web::Data<App>,
    caller: Caller,
    Path(payment_id): Path<PaymentId>,
    key: IdempotencyKey,
    body: Json<CaptureAuthorizationRequest>,
) -> Result<StoredAnswer, Problem> {
    let fingerprint = fingerprint_of(body.fingerprint(), payment_id);
    let order = Order::Capture(positive(body.amount)?);
    let route = "POST /api/payments/{payment_id}/capture";
    let idempotent = idempotent(&app, &caller, route, key, fingerprint);
    let manager = manager(&app, &caller, payment_id).await?;
    Ok(carry_out(&app, &manager, &idempotent, (payment_id, order), PaymentResponse::of).await?)
}

/// Lets go of money that is held: nothing is taken.
#[utoipa::path(
    tag = "payments",
    request_body = VoidAuthorizationRequest,
    params(("payment_id" = PaymentId, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 200, body = PaymentResponse),
        (status = 403, body = problem::ProblemBody, description = "`company_decides`"),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`partial_void_not_offered`, `authorization_pending`, `authorization_captured`, `authorization_void`, `authorization_expired`, `authorization_renewed`, `not_an_authorization`, `idempotency_in_progress`"),
    ),
    security(("bearer" = [])),
)]
#[post("/api/payments/{payment_id}/void")]
pub async fn void_authorization(
    app: web::Data<App>,
    caller: Caller,
    Path(payment_id): Path<PaymentId>,
    key: IdempotencyKey,
    body: Json<VoidAuthorizationRequest>,
) -> Result<StoredAnswer, Problem> {
    let fingerprint = fingerprint_of(body.fingerprint(), payment_id);
    let order = Order::Void(positive(body.amount)?);
    let idempotent = idempotent(&app, &caller, "POST /api/payments/{payment_id}/void", key, fingerprint);
    let manager = manager(&app, &caller, payment_id).await?;
    Ok(carry_out(&app, &manager, &idempotent, (payment_id, order), PaymentResponse::of).await?)
}

fn idempotent(
    app: &App,
    caller: &Caller,
    route: &'static str,
    key: IdempotencyKey,
    fingerprint: [u8; 32],
) -> Idempotent {
    Idempotent { caller: caller.user_id().uuid(), route, key, fingerprint, scope: Scope::Money, now: app.clock.now() }
}

/// The same body about another payment is another request.
fn fingerprint_of(body: [u8; 32], payment_id: PaymentId) -> [u8; 32] {
    Sha256::new().chain_update(body).chain_update(payment_id.uuid()).finalize().into()
}

fn positive(amount: Option<i64>) -> Result<Option<i64>, Problem> {
    if amount.is_some_and(|amount| amount <= 0) {
        let problem = Problem::invalid("validation_failed", "The request has invalid values.");
        return Err(problem.at("/amount", "expected a positive amount in minor units"));
    }
    Ok(amount)
}

async fn manager(app: &App, caller: &Caller, payment_id: PaymentId) -> Result<CompanyManager, Problem> {
    let (payment, _) = find_visible(app, &Viewer::from(caller), payment_id).await?;
    prove(caller, payment.company_id)
}

/// For a caller who may see the payment: its customer is told that the company decides.
fn prove(caller: &Caller, company_id: CompanyId) -> Result<CompanyManager, Problem> {
    match caller.role_in(company_id) {
        Some(_) => caller.manager_of(company_id),
        None => Err(Problem::forbidden("company_decides", "Only the company decides about what is held for it.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::authorizations::VoidCause;

    #[test]
    fn every_end_of_an_authorisation_has_its_word() {
        let held = |wish| Authorization { held: Some(100), wish, ..Authorization::default() };
        let (take, drop) = (Some(Wish::Capture(1)), Some(Wish::Void(VoidCause::Requested)));
        for (payment, authorization, word) in [
            (PaymentStatus::Pending, Authorization::default(), "pending"),
            (PaymentStatus::Authorized, held(None), "held"),
            (PaymentStatus::Authorized, held(take), "capturing"),
            (PaymentStatus::Authorized, held(drop), "voiding"),
            (PaymentStatus::Succeeded, held(take), "captured"),
            (PaymentStatus::Cancelled, held(drop), "void"),
            (PaymentStatus::Cancelled, held(None), "expired"),
            (PaymentStatus::Cancelled, Authorization::default(), "void"),
            (PaymentStatus::Failed, Authorization::default(), "failed"),
        ] {
            assert_eq!(status(payment, &authorization), word, "{payment:?} {authorization:?}");
        }
    }
}
