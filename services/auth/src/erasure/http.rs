//! `DELETE /api/user/me`.

use actix_web::{HttpResponse, delete, web::Data};
use problem::{Problem, ProblemBody};

use super::commands;
use crate::{
    App,
    actor::Actor,
    login::{Reauthenticated, http::EveryFactorRequest},
};

/// Erases the caller's account: nobody can sign in to it any more, and it cannot be brought back. Financial records stay
/// under its id. 409 `last_owner` while a company has no other owner: hand it over or close it first.
#[utoipa::path(
    tag = "identity",
    operation_id = "erase_account",
    security(("bearer" = [])),
    request_body = EveryFactorRequest,
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
    proven: Reauthenticated<EveryFactorRequest>,
) -> Result<HttpResponse, Problem> {
    let Reauthenticated { user, session_id, device, .. } = proven;
    commands::erase_account(&app, &Actor { user_id: user.id, device }, session_id).await?;
    Ok(HttpResponse::NoContent().finish())
}
