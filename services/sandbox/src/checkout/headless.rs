//! Paying without a browser: `POST /sandbox/checkout/{id}/complete`.

use actix_web::{HttpResponse, post, web::Data};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Json, Path};

use crate::{
    payments::{
        Outcome, PaymentError, Timing,
        attempts::{self, Attempt},
        disputes::{self, Verdict},
        refunds, store,
    },
    state::Sandbox,
    webhooks::{PlanRequest, WebhookPlan},
};

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CompleteCheckoutRequest {
    /// A test card number, with or without spaces.
    #[schema(example = "4242424242424242")]
    pub card: String,
    pub webhooks: Option<PlanRequest>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuthenticateCheckoutRequest {
    /// What the customer answers at the bank's page.
    pub approve: bool,
    pub webhooks: Option<PlanRequest>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CheckoutOutcomeResponse {
    pub outcome: CheckoutOutcome,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckoutOutcome {
    Succeeded,
    Declined,
    RequiresAction,
}

/// Pays a session, by its own id or the payment's, also one that has expired: as a payment already under way.
#[utoipa::path(tag = "sandbox",
    params(("id" = String, Path, description = "Provider session id or payment id")),
    request_body = CompleteCheckoutRequest, responses((status = 200, body = CheckoutOutcomeResponse)))]
#[post("/sandbox/checkout/{id}/complete")]
pub async fn complete_checkout(
    app: Data<Sandbox>,
    id: Path<String>,
    body: Json<CompleteCheckoutRequest>,
) -> Result<HttpResponse, Problem> {
    let card = card_number(&body.card)?;
    let webhooks = plan(body.webhooks.as_ref())?;
    let session_id = session_id(&app, &id).await?;
    let attempt = Attempt { session_id: &session_id, timing: Timing::InFlight, webhooks: &webhooks };
    answer(attempts::pay(&app, attempt, card).await)
}

/// Answers the 3-D Secure step of an attempt that required it.
#[utoipa::path(tag = "sandbox",
    params(("id" = String, Path, description = "Provider session id or payment id")),
    request_body = AuthenticateCheckoutRequest, responses((status = 200, body = CheckoutOutcomeResponse)))]
#[post("/sandbox/checkout/{id}/authenticate")]
pub async fn authenticate_checkout(
    app: Data<Sandbox>,
    id: Path<String>,
    body: Json<AuthenticateCheckoutRequest>,
) -> Result<HttpResponse, Problem> {
    let webhooks = plan(body.webhooks.as_ref())?;
    let session_id = session_id(&app, &id).await?;
    let attempt = Attempt { session_id: &session_id, timing: Timing::InFlight, webhooks: &webhooks };
    answer(attempts::authenticate(&app, attempt, body.approve).await)
}

/// Whether a card of that number exists is for the issuer to say; that it is a number at all is checked here.
fn card_number(typed: &str) -> Result<&str, Problem> {
    let digits = typed.chars().filter(|c| !matches!(c, ' ' | '-'));
    let plausible = digits.clone().all(|c| c.is_ascii_digit()) && (12..=19).contains(&digits.count());
    if plausible {
        return Ok(typed);
    }
    Err(Problem::invalid("validation_failed", "The request has invalid values.")
        .at("/card", "Expected 12 to 19 digits."))
}

fn plan(request: Option<&PlanRequest>) -> Result<WebhookPlan, Problem> {
    let Some(request) = request else { return Ok(WebhookPlan::default()) };
    request.checked().map_err(|(field, detail)| {
        Problem::invalid("validation_failed", "The request has invalid values.")
            .at(format!("/webhooks/{field}"), detail)
    })
}

/// The session of that id, or the newest one of the payment of that id.
async fn session_id(app: &Sandbox, id: &str) -> Result<String, Problem> {
    let mut conn = app.db.conn().await?;
    // The platform knows one of Square's by its link and its order.
    let own = id.split_once(':').map_or(id, |(_, order_id)| order_id);
    if store::find_session(&mut conn, own).await?.is_some() {
        return Ok(own.to_owned());
    }
    if let Some(intent) = store::find_intent(&mut conn, id).await? {
        return Ok(intent.session_id);
    }
    store::newest_session_id(&mut conn, id).await?.ok_or_else(Problem::not_found)
}

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DisputeOutcome {
    Won,
    Lost,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideDisputeRequest {
    pub outcome: DisputeOutcome,
}

/// Decides a dispute, by its own id or the payment's. A payment is disputed with the card 4000 0000 0000 0259.
#[utoipa::path(tag = "sandbox",
    params(("id" = String, Path, description = "The provider's id of the dispute, or the payment's")),
    request_body = DecideDisputeRequest, responses((status = 204)))]
#[post("/sandbox/disputes/{id}/decide")]
pub async fn decide_dispute(
    app: Data<Sandbox>,
    id: Path<String>,
    body: Json<DecideDisputeRequest>,
) -> Result<HttpResponse, Problem> {
    let verdict = match body.outcome {
        DisputeOutcome::Won => Verdict::Won,
        DisputeOutcome::Lost => Verdict::Lost,
    };
    disputes::decide_dispute(&app, &id, verdict).await.map_err(problem_of)?;
    Ok(HttpResponse::NoContent().finish())
}

/// Lets a refund fail after it has gone out, by the provider's id of it or the payment's: then the newest of that payment.
#[utoipa::path(tag = "sandbox",
    params(("id" = String, Path, description = "The provider's id of the refund, or the payment's")),
    responses((status = 204)))]
#[post("/sandbox/refunds/{id}/fail")]
pub async fn fail_refund(app: Data<Sandbox>, id: Path<String>) -> Result<HttpResponse, Problem> {
    refunds::fail_refund(&app, &id).await.map_err(problem_of)?;
    Ok(HttpResponse::NoContent().finish())
}

fn answer(result: Result<Outcome, PaymentError>) -> Result<HttpResponse, Problem> {
    let outcome = match result.map_err(problem_of)? {
        Outcome::Succeeded => CheckoutOutcome::Succeeded,
        Outcome::Declined(_) => CheckoutOutcome::Declined,
        Outcome::RequiresAction => CheckoutOutcome::RequiresAction,
    };
    Ok(HttpResponse::Ok().json(CheckoutOutcomeResponse { outcome }))
}

fn problem_of(error: PaymentError) -> Problem {
    match error {
        PaymentError::Store(error) => error.into(),
        PaymentError::NotFound { .. } => Problem::not_found(),
        PaymentError::SessionComplete => Problem::conflict("already_paid", "This session has been paid."),
        PaymentError::AlreadyDecided => Problem::conflict("already_decided", "This dispute has been decided."),
        PaymentError::SessionExpired => Problem::gone("session_expired", "This session has expired."),
        PaymentError::NothingToAuthenticate => {
            Problem::conflict("nothing_to_authenticate", "No payment waits for its 3-D Secure step.")
        }
        other => Problem::internal(other),
    }
}
