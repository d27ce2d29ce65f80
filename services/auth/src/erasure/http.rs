//! `DELETE /api/user/me`.

use actix_web::{HttpResponse, delete, web::Data};
use problem::{Problem, ProblemBody};
use serde::Deserialize;
use service_kit::{Caller, Json};
use utoipa::ToSchema;

use super::commands;
use crate::{
    App,
    actor::Actor,
    login::{self, Credentials, Demand},
    passwords::PresentedPassword,
    sessions::Device,
};

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EraseAccountRequest {
    #[schema(value_type = String, format = "password", max_length = 128)]
    password: PresentedPassword,
    /// Six digits or a recovery code, where a second factor is enrolled.
    #[serde(default)]
    totp: Option<String>,
}

/// Erases the caller's account: nobody can sign in to it any more, and it cannot be brought back. Financial records stay
/// under its id. 409 `last_owner` while a company has no other owner: hand it over or close it first.
#[utoipa::path(
    tag = "identity",
    operation_id = "erase_account",
    security(("bearer" = [])),
    request_body = EraseAccountRequest,
    responses(
        (status = 204),
        (status = 403, body = ProblemBody, description = "`wrong_password`, also while the account is locked; `mfa_required` or `invalid_mfa_code`"),
        (status = 409, body = ProblemBody),
        (status = 503, body = ProblemBody, description = "Too many passwords wait to be hashed; see Retry-After."),
    )
)]
#[delete("/api/user/me")]
pub async fn erase_account(
    app: Data<App>,
    caller: Caller,
    device: Device,
    request: Json<EraseAccountRequest>,
) -> Result<HttpResponse, Problem> {
    let EraseAccountRequest { password, totp } = request.into_inner();
    let credentials = Credentials { password, code: totp };
    login::reauthenticate(&app, caller.user_id(), credentials, Demand::EveryFactor, &device).await?;
    commands::erase_account(&app, &Actor::new(&caller, device), caller.session_id()).await?;
    Ok(HttpResponse::NoContent().finish())
}
