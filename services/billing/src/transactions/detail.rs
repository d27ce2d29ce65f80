//! `GET /api/admin/payments/{payment_id}`: one payment with everything that anybody knows of it, side by side.

use ::store::Conn;
use actix_web::{get, web};
use jiff::Timestamp;
use kernel::{PaymentId, UserId};
use problem::Problem;
use serde::Serialize;
use service_kit::{Path, PlatformAdmin};

use super::{
    beside::{Beside, BookedSide, ToldEvent, ask_both},
    http::TransactionResponse,
};
use crate::{
    App,
    disputes::{self, http::DisputeResponse, model::Dispute},
    payments::{self, Payment, PaymentError, facts::Attempt, facts::AttemptResult},
    refunds::{self, Refund, http::RefundResponse},
    sessions::Session,
};

/// Of each kind of thing that belongs to a payment, the newest; nobody has more.
const MOST: i64 = 100;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PaymentDetailResponse {
    pub payment: TransactionResponse,
    pub provider_session_id: Option<String>,
    /// When the booking counted it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub applied_at: Option<Timestamp>,
    /// When the booking said that it cannot use it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub orphaned_at: Option<Timestamp>,
    /// When the provider is asked about it next.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub check_at: Option<Timestamp>,
    /// Every try to pay that is known, newest first, 100 at most; the same holds for the lists below.
    pub attempts: Vec<AttemptResponse>,
    pub refunds: Vec<RefundDetail>,
    pub disputes: Vec<DisputeResponse>,
    /// What the provider has told.
    pub provider_events: Vec<ToldEvent>,
    /// What was booked about the payment, its refunds, its disputes and its booking.
    pub ledger: BookedSide,
    /// The sides that did not answer just now, `webhook` or `ledger`: what they know is left out above.
    #[schema(value_type = Vec<String>)]
    pub missing: Vec<&'static str>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AttemptResponse {
    /// `declined` or `succeeded`.
    #[schema(value_type = String, example = "declined")]
    pub result: &'static str,
    pub provider_payment_id: Option<String>,
    pub failure_code: Option<String>,
    pub failure_message: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub occurred_at: Timestamp,
}

impl From<Attempt> for AttemptResponse {
    fn from(attempt: Attempt) -> Self {
        let (result, failure) = match attempt.result {
            AttemptResult::Declined(failure) => ("declined", Some(failure)),
            AttemptResult::Succeeded => ("succeeded", None),
        };
        let (failure_code, failure_message) = failure.map(|failure| (failure.code, failure.message)).unzip();
        let provider_payment_id = attempt.provider_payment_id;
        Self { result, provider_payment_id, failure_code, failure_message, occurred_at: attempt.at }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct RefundDetail {
    #[serde(flatten)]
    pub refund: RefundResponse,
    pub provider_refund_id: Option<String>,
    /// `cancellation`, `reschedule`, `orphan`, `requested` or `provider` (made in its dashboard).
    #[schema(value_type = String, example = "requested")]
    pub cause: &'static str,
    pub requested_by: Option<UserId>,
    pub failure_message: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

impl From<Refund> for RefundDetail {
    fn from(refund: Refund) -> Self {
        Self {
            provider_refund_id: refund.provider_refund_id.clone(),
            cause: refund.cause.as_str(),
            requested_by: refund.requested_by,
            failure_message: refund.failure.as_ref().map(|failure| failure.message.clone()),
            updated_at: refund.updated_at,
            refund: refund.into(),
        }
    }
}

/// What billing itself knows of a payment.
struct Known {
    payment: Payment,
    session: Session,
    attempts: Vec<Attempt>,
    refunds: Vec<Refund>,
    disputes: Vec<Dispute>,
}

impl Known {
    async fn read(conn: &mut Conn, id: PaymentId) -> Result<Self, PaymentError> {
        let (payment, session) = payments::store::find_payment(conn, id).await?.ok_or(PaymentError::NotFound)?;
        Ok(Self {
            payment,
            session,
            attempts: payments::store::list_attempts(conn, id, MOST).await?,
            refunds: refunds::store::list_refunds(conn, id, None, MOST).await?,
            disputes: disputes::store::list_of_payment(conn, id, MOST).await?,
        })
    }

    /// Our ids of the payment and what belongs to it.
    fn own_ids(&self) -> Vec<String> {
        let refunds = self.refunds.iter().map(|refund| refund.id.to_string());
        let disputes = self.disputes.iter().map(|dispute| dispute.id.to_string());
        std::iter::once(self.payment.id.to_string()).chain(refunds).chain(disputes).collect()
    }

    /// The ids that the provider's events may name.
    fn provider_ids(&self) -> Vec<String> {
        let of_payment = [&self.payment.provider_payment_id, &self.session.provider_session_id];
        let of_payment = of_payment.into_iter().flatten().cloned();
        let refunds = self.refunds.iter().filter_map(|refund| refund.provider_refund_id.clone());
        let disputes = self.disputes.iter().map(|dispute| dispute.provider_dispute_id.clone());
        of_payment.chain(refunds).chain(disputes).collect()
    }

    fn beside(self, beside: Beside) -> PaymentDetailResponse {
        PaymentDetailResponse {
            provider_session_id: self.session.provider_session_id.clone(),
            applied_at: self.payment.applied_at,
            orphaned_at: self.payment.orphaned_at,
            check_at: self.payment.check_at,
            payment: TransactionResponse::of(self.payment, &self.session),
            attempts: self.attempts.into_iter().map(AttemptResponse::from).collect(),
            refunds: self.refunds.into_iter().map(RefundDetail::from).collect(),
            disputes: self.disputes.into_iter().map(DisputeResponse::from).collect(),
            provider_events: beside.events,
            ledger: beside.booked,
            missing: beside.missing,
        }
    }
}

/// Puts together what everybody knows. No connection is held while the others are asked.
pub async fn detail(app: &App, payment_id: PaymentId) -> Result<PaymentDetailResponse, PaymentError> {
    let known = Known::read(&mut *app.db.conn().await?, payment_id).await?;
    let own_ids = known.own_ids();
    let told_of: Vec<String> = own_ids.iter().cloned().chain(known.provider_ids()).collect();
    let booked: Vec<String> = own_ids.into_iter().chain([known.payment.payable.id_text()]).collect();
    let beside = ask_both(&app.peers, &told_of, &booked).await;
    Ok(known.beside(beside))
}

/// One payment with its attempts, refunds and disputes, what the provider has told of it, and what the ledger has booked. A side
/// that is out of reach is named in `missing`, and the rest answered.
#[utoipa::path(
    tag = "payments",
    params(("payment_id" = PaymentId, Path)),
    responses((status = 200, body = PaymentDetailResponse)),
    security(("bearer" = [])),
)]
#[get("/api/admin/payments/{payment_id}")]
pub async fn get_payment_detail(
    app: web::Data<App>,
    _admin: PlatformAdmin,
    Path(payment_id): Path<PaymentId>,
) -> Result<web::Json<PaymentDetailResponse>, Problem> {
    Ok(web::Json(detail(&app, payment_id).await?))
}
