//! `POST /api/auth/refresh`, `/logout`, `/logout-all`, and the list of signed-in devices.

use actix_web::{
    HttpResponse, delete, get, post,
    web::{self, Data},
};
use jiff::Timestamp;
use kernel::SessionId;
use problem::{Problem, ProblemBody};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Page, PageQuery, Path, Query};
use utoipa::ToSchema;

use super::{Device, Session, SignedIn, commands};
use crate::{
    App,
    keys::{KeyError, Signer},
    tokens::{self, ACCESS_TOKEN_LIFETIME},
    users::http::UserResponse,
};

/// What a client signs its requests with, and what it gets the next one for.
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
pub struct TokensResponse {
    access_token: String,
    refresh_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the access token ends.
    expires_in: i64,
    user: UserResponse,
}

impl TokensResponse {
    pub fn new(signed_in: SignedIn, signer: &Signer, now: Timestamp) -> Result<Self, KeyError> {
        let access_token = tokens::sign_access_token(signer, &signed_in, now)?;
        Ok(Self {
            access_token,
            refresh_token: signed_in.refresh_token.expose_secret().to_owned(),
            token_type: "Bearer",
            expires_in: ACCESS_TOKEN_LIFETIME.as_secs(),
            user: signed_in.profile.into(),
        })
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RefreshRequest {
    #[schema(value_type = String)]
    refresh_token: SecretString,
}

/// Exchanges a refresh token for new tokens. Each works once; for 20 seconds the same successor is given again, after
/// that a second use ends the session.
#[utoipa::path(
    tag = "identity",
    operation_id = "refresh",
    request_body = RefreshRequest,
    responses(
        (status = 200, body = TokensResponse),
        (status = 401, body = ProblemBody),
    )
)]
#[post("/api/auth/refresh")]
pub async fn refresh(
    app: Data<App>,
    device: Device,
    request: Json<RefreshRequest>,
) -> Result<web::Json<TokensResponse>, Problem> {
    let signer = app.keyring.signer(app.clock.now()).await?;
    let signed_in = commands::refresh(&app, request.refresh_token.expose_secret(), &device).await?;
    Ok(web::Json(TokensResponse::new(signed_in, &signer, app.clock.now())?))
}

/// Ends this session: its access and refresh tokens stop working.
#[utoipa::path(
    tag = "identity",
    operation_id = "log_out",
    security(("bearer" = [])),
    responses((status = 204))
)]
#[post("/api/auth/logout")]
pub async fn log_out(app: Data<App>, caller: Caller, device: Device) -> Result<HttpResponse, Problem> {
    commands::log_out(&app, caller.user_id(), caller.session_id(), &device).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends every session of the caller, this one included.
#[utoipa::path(
    tag = "identity",
    operation_id = "log_out_everywhere",
    security(("bearer" = [])),
    responses((status = 204))
)]
#[post("/api/auth/logout-all")]
pub async fn log_out_everywhere(app: Data<App>, caller: Caller, device: Device) -> Result<HttpResponse, Problem> {
    commands::log_out_everywhere(&app, caller.user_id(), &device).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// A signed-in device.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub struct SessionResponse {
    id: SessionId,
    /// The device that asks.
    current: bool,
    user_agent: String,
    #[schema(required)]
    address: Option<String>,
    #[schema(value_type = String, format = "date-time")]
    created_at: Timestamp,
    #[schema(value_type = String, format = "date-time")]
    last_used_at: Timestamp,
    #[schema(value_type = String, format = "date-time")]
    expires_at: Timestamp,
}

impl SessionResponse {
    fn new(session: Session, caller: &Caller) -> Self {
        Self {
            id: session.id,
            current: session.id == caller.session_id(),
            user_agent: session.user_agent,
            address: session.address,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
        }
    }
}

/// The caller's signed-in devices, newest first.
#[utoipa::path(
    tag = "identity",
    operation_id = "list_sessions",
    security(("bearer" = [])),
    params(PageQuery),
    responses((status = 200, body = Page<SessionResponse>))
)]
#[get("/api/auth/sessions")]
pub async fn list_sessions(
    app: Data<App>,
    caller: Caller,
    page: Query<PageQuery>,
) -> Result<web::Json<Page<SessionResponse>>, Problem> {
    let limit = page.limit()?;
    let sessions = commands::list_sessions(&app, caller.user_id(), (page.after()?, limit)).await?;
    let page = Page::of(sessions, limit, |session| session.id);
    Ok(web::Json(page.map(|session| SessionResponse::new(session, &caller))))
}

/// Signs a device out.
#[utoipa::path(
    tag = "identity",
    operation_id = "revoke_session",
    security(("bearer" = [])),
    params(("session_id" = SessionId, Path)),
    responses((status = 204))
)]
#[delete("/api/auth/sessions/{session_id}")]
pub async fn revoke_session(
    app: Data<App>,
    caller: Caller,
    device: Device,
    session_id: Path<SessionId>,
) -> Result<HttpResponse, Problem> {
    commands::revoke_session(&app, caller.user_id(), *session_id, &device).await?;
    Ok(HttpResponse::NoContent().finish())
}
