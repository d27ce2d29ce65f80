//! `POST /api/admin/payments/{payment_id}/verify`: an administrator has the provider asked again.

use actix_web::{post, web};
use jiff::Timestamp;
use kernel::PaymentId;
use problem::Problem;
use providers::{ProviderError, RefundState};
use serde::Deserialize;
use service_kit::{Json, Path, PlatformAdmin, Whence};

use super::detail::{PaymentDetailResponse, detail};
use crate::{
    App,
    actions::{self, Action, Doer},
    payments::{self, Payment, PaymentError, commands::ask_provider, provider_of},
    refunds::{self, Refund, RefundStatus, commands::record_state_in_tx},
};

const LONGEST_REASON: usize = 500;

/// Refunds that are asked about at once: the newest.
const MOST_REFUNDS: i64 = 20;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AskAgainRequest {
    /// Why, for the trail.
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

impl AskAgainRequest {
    fn reason(&self) -> Result<String, Problem> {
        let reason = self.reason.trim();
        let invalid = |detail: &str| {
            Problem::invalid("validation_failed", "The request has invalid values.").at("/reason", detail)
        };
        if !(1..=LONGEST_REASON).contains(&reason.chars().count()) {
            return Err(invalid("1 to 500 characters"));
        }
        if reason.chars().any(char::is_control) {
            return Err(invalid("control characters are not allowed"));
        }
        Ok(reason.to_owned())
    }
}

/// Asks the provider about a payment and its refunds, in whatever state they are, and has refunds tried again at once that
/// wait for their next try. What the provider says goes through the pipeline of its webhooks, so that asking too often does
/// no harm. It stands in the ledger's trail.
#[utoipa::path(
    tag = "payments",
    params(("payment_id" = PaymentId, Path)),
    request_body = AskAgainRequest,
    responses(
        (status = 200, body = PaymentDetailResponse),
        (status = 503, body = problem::ProblemBody, description = "The provider is out of reach."),
    ),
    security(("bearer" = [])),
)]
#[post("/api/admin/payments/{payment_id}/verify")]
pub async fn ask_about_payment(
    app: web::Data<App>,
    admin: PlatformAdmin,
    whence: Whence,
    Path(payment_id): Path<PaymentId>,
    body: Json<AskAgainRequest>,
) -> Result<web::Json<PaymentDetailResponse>, Problem> {
    let doer = Doer { person: admin.user_id(), whence };
    ask_again(&app, &doer, payment_id, body.reason()?, app.clock.now()).await?;
    Ok(web::Json(detail(&app, payment_id).await?))
}

async fn ask_again(
    app: &App,
    doer: &Doer,
    payment_id: PaymentId,
    reason: String,
    now: Timestamp,
) -> Result<(), PaymentError> {
    let found = payments::store::find_payment(&mut *app.db.conn().await?, payment_id).await?;
    let (payment, session) = found.ok_or(PaymentError::NotFound)?;
    let action = Action {
        what: "payment_asked_again",
        subject: payment_id.to_string(),
        company_id: payment.company_id,
        amount: None,
        reason: Some(reason),
    };
    app.db
        .transaction(async |conn| {
            refunds::store::retry_at_once(conn, payment_id).await?;
            actions::enqueue_taken(conn, doer, action.clone(), now).await
        })
        .await?;
    app.jobs.notify();
    if let Some(provider_session_id) = session.provider_session_id.as_ref().filter(|_| !session.is_opening()) {
        ask_provider(app, &payment, provider_session_id, now).await?;
    }
    let refunds = refunds::store::list_refunds(&mut *app.db.conn().await?, payment_id, None, MOST_REFUNDS).await?;
    for refund in refunds.iter().filter(|refund| refund.status != RefundStatus::Failed) {
        ask_about_refund(app, &payment, refund, now).await?;
    }
    Ok(())
}

/// One that the provider has not heard of yet is its job's.
async fn ask_about_refund(app: &App, payment: &Payment, refund: &Refund, now: Timestamp) -> Result<(), PaymentError> {
    let Some(provider_refund_id) = &refund.provider_refund_id else { return Ok(()) };
    let state: RefundState = match provider_of(app, payment).await?.retrieve_refund(provider_refund_id).await {
        Ok(state) => state,
        Err(ProviderError::NotFound(detail)) => {
            tracing::error!(refund_id = %refund.id, detail, "the provider does not know a refund of its own");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let recorded = app.db.transaction(async |conn| record_state_in_tx(conn, refund.id, &state, now).await).await;
    recorded.map_err(PaymentError::from_refund)
}
