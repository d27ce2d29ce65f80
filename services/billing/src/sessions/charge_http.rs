//! Companies charge what is owed to them, without the customer.

use actix_web::{post, web};
use kernel::UserId;
use problem::Problem;
use serde::Deserialize;
use service_kit::{Caller, IdempotencyKey, Idempotent, Json, Scope, StoredAnswer};

use super::{
    create::{CreateSession, create_session as create},
    http::{Capture, asked, callbacks},
    payer::Payer,
};
use crate::{
    App,
    payables::{self, PayableRef},
    payments::http::PaymentResponse,
};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChargeCustomerRequest {
    pub payable: PayableRef,
    /// `automatic` when absent: what is due is charged. `manual`: `amount` is held on the customer's card, and taken later,
    /// all of it or a part, if at all.
    pub capture: Option<Capture>,
    /// What is to be held, in minor units of the payable's currency; with `manual`, and nowhere else.
    #[schema(minimum = 1, maximum = 99_999_999)]
    pub amount: Option<i64>,
}

/// Charges what is due (a balance, overtime) to the method that its customer has agreed to be charged
/// by, or holds money there for damage, overtime, or whoever does not come. The customer's bank may decline: the payment has
/// `failed` then.
#[utoipa::path(
    tag = "payments",
    request_body = ChargeCustomerRequest,
    params(("Idempotency-Key" = String, Header)),
    responses(
        (status = 201, body = PaymentResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`no_consent`, `nothing_due`, `company_closed`, `authorization_not_offered`, `authorization_too_late`, `idempotency_in_progress`"),
        (status = 410, body = problem::ProblemBody, description = "`hold_expired`"),
        (status = 503, body = problem::ProblemBody, description = "The provider is out of reach; send the same key again."),
    ),
    security(("bearer" = [])),
)]
#[post("/api/payments/charge")]
pub async fn charge_customer(
    app: web::Data<App>,
    caller: Caller,
    key: IdempotencyKey,
    body: Json<ChargeCustomerRequest>,
) -> Result<StoredAnswer, Problem> {
    let asked = asked(body.capture, body.amount)?;
    let idempotent = Idempotent {
        caller: caller.user_id().uuid(),
        route: "POST /api/payments/charge",
        key,
        fingerprint: body.fingerprint(),
        scope: Scope::Money,
        now: app.clock.now(),
    };
    let wish = CreateSession {
        payer: Payer::Absent {
            customer: customer_of(&app, &caller, body.payable).await?,
            charged_by: caller.user_id(),
        },
        payable: body.payable,
        asked,
        callbacks: callbacks(&app.config, "payments", None, None)?,
    };
    Ok(create(&app, &idempotent, &wish, PaymentResponse::of).await?)
}

/// Who owes it, for a manager of the company it is owed to. A guest of the company has saved nothing.
async fn customer_of(app: &App, caller: &Caller, payable: PayableRef) -> Result<UserId, Problem> {
    let known = {
        let mut conn = app.db.conn().await?;
        payables::store::find_payable(&mut conn, payable).await?
    };
    let payable = match known {
        Some(payable) => payable,
        None => payables::fetch_payable(app, payable, app.clock.now()).await?,
    };
    caller.manager_of(payable.company_id)?;
    let no_consent = || Problem::from(crate::payment_methods::MethodError::NoConsent);
    payable.customer_user_id.ok_or_else(no_consent)
}
