//! A company's receiver over HTTP.

use actix_web::{HttpResponse, delete, get, post, put, web};
use jiff::Timestamp;
use kernel::{CompanyId, Currency};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Query, Whence, identity::permissions::ManagePayouts};

use super::{
    PayoutReceiver,
    address::ReceiverAddress,
    commands::{self, Decider},
};
use crate::{App, payout_accounts::http::in_person};

/// Of the secret in a mail.
const LONGEST_TOKEN: usize = 64;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NameReceiverRequest {
    pub company_id: CompanyId,
    /// Of a PayPal account that takes money.
    #[schema(format = "email", max_length = 127)]
    pub email: String,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmReceiverRequest {
    pub company_id: CompanyId,
    /// What the link of the mail carries as `token`.
    #[schema(max_length = 64)]
    pub token: String,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ReceiverQuery {
    pub company_id: CompanyId,
}

/// The address at PayPal at which the company is paid.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PayoutReceiverResponse {
    pub company_id: CompanyId,
    pub provider: &'static str,
    pub email: String,
    /// In which the company is paid there: its own.
    pub currency: Currency,
    /// Somebody has followed the link that was mailed to the address. Until then nothing is paid out.
    pub confirmed: bool,
    #[schema(value_type = Option<String>, format = DateTime)]
    pub confirmed_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    pub named_at: Timestamp,
}

impl From<PayoutReceiver> for PayoutReceiverResponse {
    fn from(receiver: PayoutReceiver) -> Self {
        Self {
            company_id: receiver.company_id,
            provider: receiver.provider.as_str(),
            email: receiver.address.into(),
            currency: receiver.currency,
            confirmed: receiver.confirmed_at.is_some(),
            confirmed_at: receiver.confirmed_at,
            named_at: receiver.named_at,
        }
    }
}

/// Names the address at PayPal at which the company is paid from now on. A mail with a link goes there; until somebody has followed
/// it, signed in as an owner, nothing is paid out. Payouts that are under way go on.
#[utoipa::path(
    tag = "payouts",
    request_body = NameReceiverRequest,
    responses(
        (status = 200, body = PayoutReceiverResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`payouts_not_offered`"),
        (status = 422, body = problem::ProblemBody, description = "`currency_not_supported`: PayPal does not pay in the company's currency"),
    ),
    security(("bearer" = [])),
)]
#[put("/api/payments/paypal/receiver")]
pub async fn name_payout_receiver(
    app: web::Data<App>,
    caller: Caller,
    whence: Whence,
    body: Json<NameReceiverRequest>,
) -> Result<web::Json<PayoutReceiverResponse>, Problem> {
    let allowed = &in_person(&caller, body.company_id)?;
    let address = ReceiverAddress::parse(&body.email).map_err(|error| invalid("/email", error.to_string()))?;
    let receiver = commands::name_receiver(&app, &Decider { allowed, whence }, address, app.clock.now()).await?;
    Ok(web::Json(receiver.into()))
}

/// The address at which the company is paid, and whether it is confirmed.
#[utoipa::path(
    tag = "payouts",
    params(ReceiverQuery),
    responses(
        (status = 200, body = PayoutReceiverResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`no_payout_receiver`"),
    ),
    security(("bearer" = [])),
)]
#[get("/api/payments/paypal/receiver")]
pub async fn get_payout_receiver(
    app: web::Data<App>,
    caller: Caller,
    query: Query<ReceiverQuery>,
) -> Result<web::Json<PayoutReceiverResponse>, Problem> {
    let allowed = caller.allowed::<ManagePayouts>(query.company_id)?;
    Ok(web::Json(commands::find_receiver(&app, allowed.company_id()).await?.into()))
}

/// Confirms the address with the link that was mailed there.
#[utoipa::path(
    tag = "payouts",
    request_body = ConfirmReceiverRequest,
    responses(
        (status = 200, body = PayoutReceiverResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`no_payout_receiver`"),
        (status = 410, body = problem::ProblemBody, description = "`link_void`: it has lapsed, or is not of the newest mail"),
    ),
    security(("bearer" = [])),
)]
#[post("/api/payments/paypal/receiver/confirm")]
pub async fn confirm_payout_receiver(
    app: web::Data<App>,
    caller: Caller,
    whence: Whence,
    body: Json<ConfirmReceiverRequest>,
) -> Result<web::Json<PayoutReceiverResponse>, Problem> {
    let allowed = &in_person(&caller, body.company_id)?;
    if body.token.chars().count() > LONGEST_TOKEN {
        return Err(invalid("/token", format!("expected at most {LONGEST_TOKEN} characters")));
    }
    let by = Decider { allowed, whence };
    Ok(web::Json(commands::confirm_receiver(&app, &by, &body.token, app.clock.now()).await?.into()))
}

/// Forgets the address: the company is paid to its account at Stripe again, where it has one. Payouts that are under way go on.
#[utoipa::path(
    tag = "payouts",
    params(ReceiverQuery),
    responses(
        (status = 204),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`no_payout_receiver`"),
    ),
    security(("bearer" = [])),
)]
#[delete("/api/payments/paypal/receiver")]
pub async fn remove_payout_receiver(
    app: web::Data<App>,
    caller: Caller,
    whence: Whence,
    query: Query<ReceiverQuery>,
) -> Result<HttpResponse, Problem> {
    let allowed = &in_person(&caller, query.company_id)?;
    commands::remove_receiver(&app, &Decider { allowed, whence }, app.clock.now()).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn invalid(pointer: &str, detail: String) -> Problem {
    Problem::invalid("validation_failed", "The request has invalid values.").at(pointer, detail)
}
