//! `POST /api/auth/register`, `/verify-email` and `/verify-email/resend`.

use actix_web::{
    HttpResponse, post,
    web::{self, Data},
};
use problem::{Problem, ProblemBody};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use service_kit::Json;
use utoipa::ToSchema;

use super::commands::{self, Form, Verified};
use crate::{
    App,
    passwords::NewPassword,
    sessions::{Device, http::TokensResponse},
    users::{Email, PersonName, UserRole},
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RegisterRequest {
    #[schema(value_type = String, format = "email", max_length = 254)]
    email: Email,
    #[schema(value_type = String, format = "password", min_length = 12, max_length = 128)]
    password: NewPassword,
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: PersonName,
    role: UserRole,
}

/// The same for every address.
#[derive(Serialize, ToSchema)]
pub struct VerificationSent {
    #[schema(example = "verification_sent")]
    status: &'static str,
}

impl VerificationSent {
    fn answer() -> HttpResponse {
        HttpResponse::Accepted().json(Self { status: "verification_sent" })
    }
}

/// Registers an account and mails a link to its address. The answer is the same for an address that is known.
#[utoipa::path(
    tag = "identity",
    operation_id = "register",
    request_body = RegisterRequest,
    responses(
        (status = 202, body = VerificationSent),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[post("/api/auth/register")]
pub async fn register(app: Data<App>, device: Device, request: Json<RegisterRequest>) -> Result<HttpResponse, Problem> {
    let RegisterRequest { email, password, name, role } = request.into_inner();
    commands::register(&app, Form { email, password, name, role }, &device).await?;
    Ok(VerificationSent::answer())
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyEmailRequest {
    /// The `token` of the mailed link.
    #[schema(value_type = String)]
    token: SecretString,
    /// The password that whoever follows the link chooses; the one of the form is forgotten.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = "password", min_length = 12, max_length = 128)]
    password: Option<NewPassword>,
}

#[derive(Serialize, ToSchema)]
pub struct VerifiedResponse {
    #[serde(flatten)]
    tokens: TokensResponse,
    /// False: the account has no password yet. Ask for one, as after forgetting it.
    password_set: bool,
}

/// Follows a mailed link: the address is verified and its owner signed in. A link works once, for 24 hours.
///
/// Without `password` the one of the form becomes the account's, if the form came from the same network and is the only one
/// that waits; else anybody may have filled it in, and `password_set` is false.
#[utoipa::path(
    tag = "identity",
    operation_id = "verify_email",
    request_body = VerifyEmailRequest,
    responses(
        (status = 200, body = VerifiedResponse),
        (status = 410, body = ProblemBody),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[post("/api/auth/verify-email")]
pub async fn verify_email(
    app: Data<App>,
    device: Device,
    request: Json<VerifyEmailRequest>,
) -> Result<web::Json<VerifiedResponse>, Problem> {
    let signer = app.keyring.signer(app.clock.now()).await?;
    let VerifyEmailRequest { token, password } = request.into_inner();
    let verified = commands::verify_email(&app, token.expose_secret(), password, &device).await?;
    let Verified { signed_in, password_set } = verified;
    let tokens = TokensResponse::new(signed_in, &signer, app.clock.now())?;
    Ok(web::Json(VerifiedResponse { tokens, password_set }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ResendVerificationRequest {
    #[schema(value_type = String, format = "email", max_length = 254)]
    email: Email,
}

/// Mails the link again, a limited number of times an hour. The answer is the same for every address.
#[utoipa::path(
    tag = "identity",
    operation_id = "resend_verification",
    request_body = ResendVerificationRequest,
    responses((status = 202, body = VerificationSent))
)]
#[post("/api/auth/verify-email/resend")]
pub async fn resend_verification(
    app: Data<App>,
    request: Json<ResendVerificationRequest>,
) -> Result<HttpResponse, Problem> {
    commands::resend_verification(&app, request.into_inner().email).await?;
    Ok(VerificationSent::answer())
}
