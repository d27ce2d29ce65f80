//! `POST /api/user/change-email`, and `POST /api/auth/verify-email/change` for its links.

use actix_web::{
    HttpResponse, post,
    web::{self, Data},
};
use problem::{Problem, ProblemBody};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use service_kit::Json;
use utoipa::ToSchema;

use super::commands::{self, Progress};
use crate::{
    App,
    login::{Credentials, Demand, Proof, Reauthenticated},
    mfa::PresentedCode,
    passwords::PresentedPassword,
    sessions::Device,
    users::Email,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeEmailRequest {
    /// The new address.
    #[schema(value_type = String, format = "email", max_length = 254)]
    email: Email,
    #[schema(value_type = String, format = "password", max_length = 128)]
    password: PresentedPassword,
    /// Six digits or a recovery code, where a second factor is enrolled.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 64)]
    totp: Option<PresentedCode>,
}

impl Proof for ChangeEmailRequest {
    const DEMAND: Demand = Demand::EveryFactor;
    type Wish = Email;

    fn split(self) -> (Credentials, Email) {
        (Credentials::new(self.password, self.totp), self.email)
    }
}

/// The same whether the new address can be had or not.
#[derive(Serialize, ToSchema)]
pub struct ConfirmationSent {
    #[schema(example = "confirmation_sent")]
    status: &'static str,
}

/// Mails a link to the present and one to the new address. The change happens when both were followed, within 24 hours;
/// asking again replaces it.
#[utoipa::path(
    tag = "identity",
    operation_id = "request_email_change",
    security(("bearer" = [])),
    request_body = ChangeEmailRequest,
    responses(
        (status = 202, body = ConfirmationSent),
        (status = 403, body = ProblemBody, description = "`wrong_password`, `mfa_required` or `invalid_mfa_code`"),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[post("/api/user/change-email")]
pub async fn request_email_change(
    app: Data<App>,
    proven: Reauthenticated<ChangeEmailRequest>,
) -> Result<HttpResponse, Problem> {
    let Reauthenticated { user, session_id, device, wish: email } = proven;
    commands::request_email_change(&app, (&user, session_id), &email, &device).await?;
    Ok(HttpResponse::Accepted().json(ConfirmationSent { status: "confirmation_sent" }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmEmailChangeRequest {
    /// The `token` of either mailed link.
    #[schema(value_type = String)]
    token: SecretString,
}

/// `waiting` for the other mailbox, or `completed`.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EmailChangeState {
    Waiting,
    Completed,
}

#[derive(Serialize, ToSchema)]
pub struct EmailChangeProgress {
    status: EmailChangeState,
}

/// Follows the link of one of the two mails, in either order. Each works once.
#[utoipa::path(
    tag = "identity",
    operation_id = "confirm_email_change",
    request_body = ConfirmEmailChangeRequest,
    responses(
        (status = 200, body = EmailChangeProgress),
        (status = 409, body = ProblemBody, description = "`email_taken` meanwhile"),
        (status = 410, body = ProblemBody),
    )
)]
#[post("/api/auth/verify-email/change")]
pub async fn confirm_email_change(
    app: Data<App>,
    device: Device,
    request: Json<ConfirmEmailChangeRequest>,
) -> Result<web::Json<EmailChangeProgress>, Problem> {
    let progress = commands::confirm_email_change(&app, request.token.expose_secret(), &device).await?;
    let status = match progress {
        Progress::WaitsForOther => EmailChangeState::Waiting,
        Progress::Completed => EmailChangeState::Completed,
    };
    Ok(web::Json(EmailChangeProgress { status }))
}
