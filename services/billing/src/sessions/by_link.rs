//! Paying by a link, without an account.

use actix_web::{post, web};
use kernel::{Money, PaymentId};
use problem::Problem;
use providers::ProviderName;
use serde::{Deserialize, Serialize};
use service_kit::{IdempotencyKey, Idempotent, Json, Path, Scope, StoredAnswer};

use super::{
    Session,
    create::{CreateSession, create_session},
    http::{callbacks, enabled},
    model::Asked,
    payer::Payer,
};
use crate::{
    App, payables,
    payments::{
        Payment,
        http::{open_page, public_status},
    },
};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PayByLinkRequest {
    /// The company's choice when absent, or the platform's default.
    #[schema(value_type = Option<String>, pattern = "^(stripe|square|paypal)$", example = "stripe")]
    pub provider: Option<ProviderName>,
    /// Where whoever pays comes back to: http or https. `payment_id` is added to its query.
    #[schema(format = "uri", max_length = 2000)]
    pub success_url: Option<String>,
    /// Where they come back to without having paid.
    #[schema(format = "uri", max_length = 2000)]
    pub cancel_url: Option<String>,
}

/// A payment as whoever makes it by a link sees it: nothing about the customer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct LinkPaymentResponse {
    pub payment_id: PaymentId,
    /// As a payment's.
    #[schema(value_type = String, example = "pending")]
    pub status: &'static str,
    #[schema(value_type = String, example = "stripe")]
    pub provider: ProviderName,
    pub amount: Money,
    /// The provider's page, while it can be paid there.
    pub checkout_url: Option<String>,
}

impl LinkPaymentResponse {
    fn of(payment: Payment, session: &Session) -> Self {
        Self {
            payment_id: payment.id,
            status: public_status(&payment),
            provider: payment.provider,
            amount: payment.amount,
            checkout_url: open_page(&payment, session),
        }
    }
}

/// Opens a page to pay on for whoever has the link; nobody has to sign in. As with an account, it asks for the deposit
/// where there is one, and supersedes the page that was opened before. Once the booking is paid, the link is used.
#[utoipa::path(
    tag = "payments",
    request_body = PayByLinkRequest,
    params(("token" = String, Path), ("Idempotency-Key" = String, Header)),
    responses(
        (status = 201, body = LinkPaymentResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`nothing_due`, `company_closed`, `payments_not_enabled`, `idempotency_in_progress`"),
        (status = 410, body = problem::ProblemBody, description = "`hold_expired`, `link_used`, `link_void`"),
        (status = 503, body = problem::ProblemBody, description = "The provider is out of reach; send the same key again."),
    ),
)]
#[post("/api/payments/links/{token}")]
pub async fn pay_by_link(
    app: web::Data<App>,
    token: Path<String>,
    key: IdempotencyKey,
    body: Json<PayByLinkRequest>,
) -> Result<StoredAnswer, Problem> {
    let fingerprint = body.fingerprint();
    let request = body.into_inner();
    let callbacks = callbacks(&app.config, "payments", request.success_url, request.cancel_url)?;
    let provider = enabled(&app, request.provider)?;
    let now = app.clock.now();
    let (payable, state) = payables::follow_link(&app, &token, now).await?;
    // Whoever has a link to it shares the keys of what is paid.
    let idempotent = Idempotent {
        caller: payable.uuid(),
        route: "POST /api/payments/links/{token}",
        key,
        fingerprint,
        scope: Scope::Money,
        now,
    };
    let wish = CreateSession { payer: Payer::Link { state, provider }, payable, asked: Asked::Due, callbacks };
    Ok(create_session(&app, &idempotent, &wish, LinkPaymentResponse::of).await?)
}
