//! Refunds over HTTP.

use actix_web::{get, post, web};
use jiff::Timestamp;
use kernel::{Money, PaymentId, RefundId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{
    Caller, IdempotencyKey, Idempotent, Json, Page, PageQuery, Path, Query, Scope, StoredAnswer, Whence,
};

use super::{
    Refund,
    commands::{self, RefundAuthority, RefundOrder},
    store as refunds,
};
use crate::{App, payments::commands::find_visible, viewer::Viewer};

const LONGEST_REASON: usize = 500;

/// A refund as clients see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Refund)]
pub struct RefundResponse {
    pub id: RefundId,
    pub payment_id: PaymentId,
    pub amount: Money,
    /// `pending`, `succeeded` or `failed`.
    #[schema(value_type = String, example = "pending")]
    pub status: &'static str,
    /// What the person wrote who asked for it; else `cancellation` or `orphan` (the booking could not use the
    /// payment), where the platform refunded by itself.
    pub reason: Option<String>,
    pub failure_code: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

impl From<Refund> for RefundResponse {
    fn from(refund: Refund) -> Self {
        let by_itself = refund.requested_by.is_none().then(|| refund.reason().to_owned());
        Self {
            id: refund.id,
            payment_id: refund.payment_id,
            amount: refund.amount,
            status: refund.status.as_str(),
            reason: refund.note.or(by_itself),
            failure_code: refund.failure.map(|failure| failure.code),
            created_at: refund.created_at,
        }
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRefundRequest {
    pub payment_id: PaymentId,
    /// Minor units of the payment's currency; everything that is left when absent.
    #[schema(minimum = 1)]
    pub amount: Option<i64>,
    /// Up to 500 characters, for the company's records.
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

impl CreateRefundRequest {
    fn into_order(self) -> Result<RefundOrder, Problem> {
        let invalid = |pointer: &str, detail: &str| {
            Problem::invalid("validation_failed", "The request has invalid values.").at(pointer, detail)
        };
        if self.amount.is_some_and(|amount| amount <= 0) {
            return Err(invalid("/amount", "expected a positive amount in minor units"));
        }
        let note = self.reason.map(|reason| reason.trim().to_owned()).filter(|reason| !reason.is_empty());
        if let Some(note) = &note {
            if note.chars().count() > LONGEST_REASON {
                return Err(invalid("/reason", "longer than 500 characters"));
            }
            if note.chars().any(char::is_control) {
                return Err(invalid("/reason", "control characters are not allowed"));
            }
        }
        Ok(RefundOrder { payment_id: self.payment_id, amount: self.amount, note })
    }
}

/// Sends money of a payment back, all of it or a part. It does not cancel the booking.
#[utoipa::path(
    tag = "payments",
    request_body = CreateRefundRequest,
    params(("Idempotency-Key" = String, Header)),
    responses(
        (status = 201, body = RefundResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`refund_exceeds_payment`, `idempotency_in_progress`"),
    ),
    security(("bearer" = [])),
)]
#[post("/api/payments/refund")]
pub async fn create_refund(
    app: web::Data<App>,
    caller: Caller,
    whence: Whence,
    key: IdempotencyKey,
    body: Json<CreateRefundRequest>,
) -> Result<StoredAnswer, Problem> {
    let idempotent = Idempotent {
        caller: caller.user_id().uuid(),
        route: "POST /api/payments/refund",
        key,
        fingerprint: body.fingerprint(),
        scope: Scope::Money,
        now: app.clock.now(),
    };
    let order = body.into_inner().into_order()?;
    let (payment, _) = find_visible(&app, &Viewer::from(&caller), order.payment_id).await?;
    let authority = RefundAuthority::prove(&caller, payment.company_id, whence)?;
    Ok(commands::request_refund(&app, authority, &idempotent, &order, RefundResponse::from).await?)
}

/// The refunds of a payment, newest first.
#[utoipa::path(
    tag = "payments",
    params(("payment_id" = PaymentId, Path), PageQuery),
    responses((status = 200, body = Page<RefundResponse>)),
    security(("bearer" = [])),
)]
#[get("/api/payments/{payment_id}/refunds")]
pub async fn list_refunds(
    app: web::Data<App>,
    caller: Caller,
    Path(payment_id): Path<PaymentId>,
    Query(page): Query<PageQuery>,
) -> Result<web::Json<Page<RefundResponse>>, Problem> {
    let (limit, after) = (page.limit()?, page.after()?);
    find_visible(&app, &Viewer::from(&caller), payment_id).await?;
    let mut conn = app.db.conn().await?;
    let found = refunds::list_refunds(&mut conn, payment_id, after, limit + 1).await?;
    let page = Page::of(found, limit, |refund| (refund.created_at, refund.id));
    Ok(web::Json(page.map(RefundResponse::from)))
}
