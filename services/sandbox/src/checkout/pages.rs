//! The hosted page at `checkout_url`, and the bank's page behind it.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
    web::{Data, Form},
};
use problem::Problem;
use serde::Deserialize;
use service_kit::Path;

use super::html;
use crate::{
    payments::{
        Outcome, PaymentError, Provider, SessionRow, Timing,
        attempts::{self, Attempt},
        sessions::{self, Mode},
        store,
    },
    state::Sandbox,
    webhooks::WebhookPlan,
};

#[derive(Debug, Deserialize)]
pub struct PaymentForm {
    card: String,
}

#[derive(Debug, Deserialize)]
pub struct AuthenticationForm {
    answer: String,
}

/// Shows the form, or why there is none.
pub async fn checkout_page(app: Data<Sandbox>, id: Path<String>) -> Result<HttpResponse, Problem> {
    match open_session(&app, &id).await {
        Ok(session) if awaits_authentication(&app, &session).await? => Ok(see_other(&authentication_path(&id))),
        Ok(session) if session.mode() == Mode::Intent => Err(Problem::not_found()),
        Ok(session) => Ok(page(StatusCode::OK, html::payment_form(&session, None))),
        Err(error) => refusal(&app, &id, error).await,
    }
}

/// Tries to pay; a decline shows the form again with the reason.
pub async fn submit_payment(
    app: Data<Sandbox>,
    id: Path<String>,
    form: Form<PaymentForm>,
) -> Result<HttpResponse, Problem> {
    let webhooks = WebhookPlan::default();
    let attempt = Attempt { session_id: &id, timing: Timing::WhileOpen, webhooks: &webhooks };
    let outcome = attempts::pay(&app, attempt, &form.card).await;
    after_attempt(&app, &id, outcome).await
}

pub async fn authentication_page(app: Data<Sandbox>, id: Path<String>) -> Result<HttpResponse, Problem> {
    match open_session(&app, &id).await {
        Ok(session) if awaits_authentication(&app, &session).await? => {
            Ok(page(StatusCode::OK, html::authentication_form(&session)))
        }
        Ok(_) => Ok(see_other(&checkout_path(&id))),
        Err(error) => refusal(&app, &id, error).await,
    }
}

pub async fn submit_authentication(
    app: Data<Sandbox>,
    id: Path<String>,
    form: Form<AuthenticationForm>,
) -> Result<HttpResponse, Problem> {
    let webhooks = WebhookPlan::default();
    let attempt = Attempt { session_id: &id, timing: Timing::WhileOpen, webhooks: &webhooks };
    let outcome = attempts::authenticate(&app, attempt, form.answer == "approve").await;
    after_attempt(&app, &id, outcome).await
}

/// Where a buyer lands who was given no page of the client's own to come back to.
pub async fn return_page(outcome: Path<String>) -> Result<HttpResponse, Problem> {
    let (title, text) = match outcome.as_str() {
        "success" => ("Thank you", "The payment has been made. You may close this page."),
        "cancelled" => ("Not paid", "You left before paying and have not been charged. You may close this page."),
        _ => return Err(Problem::not_found()),
    };
    Ok(page(StatusCode::OK, html::notice(title, text, None)))
}

async fn after_attempt(
    app: &Sandbox,
    id: &str,
    outcome: Result<Outcome, PaymentError>,
) -> Result<HttpResponse, Problem> {
    match outcome {
        Ok(Outcome::Succeeded) => {
            let mut conn = app.db.conn().await?;
            let session = store::find_session(&mut conn, id).await?.ok_or_else(Problem::not_found)?;
            Ok(see_other(&success_url(&session)))
        }
        Ok(Outcome::RequiresAction) => Ok(see_other(&authentication_path(id))),
        Ok(Outcome::Declined(decline)) => match open_session(app, id).await {
            // There is no page to try again on: what has become of it is seen where the customer came from.
            Ok(session) if session.mode() == Mode::Intent => Ok(see_other(&success_url(&session))),
            Ok(session) => {
                let form = html::payment_form(&session, Some(decline.message));
                Ok(page(StatusCode::PAYMENT_REQUIRED, form))
            }
            Err(error) => refusal(app, id, error).await,
        },
        Err(PaymentError::NothingToAuthenticate) => Ok(see_other(&checkout_path(id))),
        Err(error) => refusal(app, id, error).await,
    }
}

/// The session, if a person may still pay it.
async fn open_session(app: &Sandbox, id: &str) -> Result<SessionRow, PaymentError> {
    let session = sessions::session_at(app, app.clock.now(), id).await?;
    match session.status.as_str() {
        "open" => Ok(session),
        "complete" => Err(PaymentError::SessionComplete),
        _ => Err(PaymentError::SessionExpired),
    }
}

async fn awaits_authentication(app: &Sandbox, session: &SessionRow) -> Result<bool, Problem> {
    let Some(intent_id) = &session.intent_id else { return Ok(false) };
    let mut conn = app.db.conn().await?;
    let intent = store::find_intent(&mut conn, intent_id).await?;
    Ok(intent.is_some_and(|intent| intent.status == "requires_action"))
}

/// A page that says why there is nothing to pay.
async fn refusal(app: &Sandbox, id: &str, error: PaymentError) -> Result<HttpResponse, Problem> {
    let (status, title, text) = match error {
        PaymentError::SessionComplete => {
            (StatusCode::CONFLICT, "Already paid", "This payment has been made. You have not been charged again.")
        }
        PaymentError::SessionExpired => {
            (StatusCode::GONE, "Expired", "The time for this payment is over. You have not been charged.")
        }
        PaymentError::NotFound { .. } => (StatusCode::NOT_FOUND, "Not found", "There is no such payment page."),
        PaymentError::Store(error) => return Err(error.into()),
        other => return Err(Problem::internal(other)),
    };
    let mut conn = app.db.conn().await?;
    let session = store::find_session(&mut conn, id).await?;
    Ok(page(status, html::notice(title, text, session.as_ref())))
}

/// Where a person goes after paying, with what the provider adds: Stripe fills the session's id in on request, the
/// others append what they know.
fn success_url(session: &SessionRow) -> String {
    let added: &[(&str, &str)] = match session.provider() {
        // A client need not say where to, if it watches the bank's page itself.
        Provider::Stripe if session.success_url.is_empty() => return "/payments/success".to_owned(),
        Provider::Stripe => {
            let filled = session.success_url.replace("{CHECKOUT_SESSION_ID}", &session.id);
            return filled.replace("%7BCHECKOUT_SESSION_ID%7D", &session.id);
        }
        Provider::Square => &[("orderId", &session.id)],
        Provider::Paypal => &[("token", &session.id), ("PayerID", "PAYERSANDBOX1")],
    };
    match url::Url::parse(&session.success_url) {
        Ok(mut url) => {
            url.query_pairs_mut().extend_pairs(added);
            url.into()
        }
        // Nobody said where to: the sandbox's own page.
        Err(_) => "/payments/success".to_owned(),
    }
}

/// Where the owner of a Square account lets the platform act for it.
pub fn consent_page(client_id: &str, scope: &str) -> HttpResponse {
    page(StatusCode::OK, html::consent_form(client_id, scope))
}

fn checkout_path(id: &str) -> String {
    format!("/checkout/{id}")
}

fn authentication_path(id: &str) -> String {
    format!("/checkout/{id}/authenticate")
}

pub fn see_other(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((header::LOCATION, location)).finish()
}

/// `form-action` is left out on purpose: it would also forbid the redirect to the platform after paying.
pub fn page(status: StatusCode, html: String) -> HttpResponse {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
    HttpResponse::build(status)
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .body(html)
}
