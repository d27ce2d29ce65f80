//! `POST /internal/service-tokens` and `/internal/identity-tokens`.

use actix_web::{
    HttpRequest, post,
    web::{self, Data},
};
use kernel::{SessionId, UserId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{
    Json,
    identity::{CalledBy, ServiceCaller},
    peers::{ServiceTokenRequest, ServiceTokenResponse},
};
use utoipa::ToSchema;

use super::{
    commands,
    model::{IDENTITY_TOKEN_LIFETIME, SERVICE_TOKEN_LIFETIME},
};
use crate::{App, sessions::Device};

/// Client credentials of a service for a token to one other service.
#[utoipa::path(
    tag = "internal",
    operation_id = "issue_service_token",
    request_body(content_type = "application/json", description = "`service`, `secret`, `audience`"),
    responses(
        (status = 200, description = "`access_token`, `expires_in`"),
        (status = 401, body = ProblemBody),
        (status = 403, body = ProblemBody),
    )
)]
#[post("/internal/service-tokens")]
pub async fn issue_service_token(
    app: Data<App>,
    device: Device,
    connection: HttpRequest,
    request: Json<ServiceTokenRequest>,
) -> Result<web::Json<ServiceTokenResponse>, Problem> {
    let ServiceTokenRequest { service, secret, audience } = request.into_inner();
    // No gateway stands before this route: whoever is connected is who asks.
    let address = connection.peer_addr().map(|address| address.ip().to_canonical().to_string());
    let device = Device { address, ..device };
    let access_token = commands::issue_service_token(&app, (&service, &secret.into()), &audience, &device).await?;
    Ok(web::Json(ServiceTokenResponse { access_token, expires_in: SERVICE_TOKEN_LIFETIME.unsigned_abs().as_secs() }))
}

/// Only the gateway exchanges access tokens.
pub struct Gateway;

impl ServiceCaller for Gateway {
    const ALLOWED: &'static [&'static str] = &["gateway"];
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityTokenRequest {
    user_id: UserId,
    session_id: SessionId,
}

#[derive(Serialize, ToSchema)]
pub struct IdentityTokenResponse {
    token: String,
    expires_in: i64,
}

/// Who the owner of a session is right now; 404 when the session is over or was never there.
#[utoipa::path(
    tag = "internal",
    operation_id = "issue_identity_token",
    security(("bearer" = [])),
    request_body = IdentityTokenRequest,
    responses((status = 200, body = IdentityTokenResponse), (status = 404, body = ProblemBody))
)]
#[post("/internal/identity-tokens")]
pub async fn issue_identity_token(
    app: Data<App>,
    _caller: CalledBy<Gateway>,
    request: Json<IdentityTokenRequest>,
) -> Result<web::Json<IdentityTokenResponse>, Problem> {
    let token = commands::issue_identity_token(&app, request.user_id, request.session_id).await?;
    Ok(web::Json(IdentityTokenResponse { token, expires_in: IDENTITY_TOKEN_LIFETIME.as_secs() }))
}
