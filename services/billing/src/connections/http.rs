//! Connections over HTTP.

use actix_web::{HttpResponse, delete, get, web};
use jiff::Timestamp;
use kernel::CompanyId;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Query};

use super::{
    authorize::begin_connection,
    commands::{Brought, end_connection, find_connection, finish_connection},
    model::Connection,
};
use crate::App;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ConnectionQuery {
    pub company_id: CompanyId,
}

/// What Square adds to the address it sends people back to.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CallbackQuery {
    /// As it was given along.
    pub state: String,
    /// Absent where the person did not agree.
    pub code: Option<String>,
    pub error: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AuthorizationResponse {
    /// Where to send the person's browser.
    pub authorization_url: String,
    /// Until when they may come back.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Timestamp,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ConnectionResponse {
    pub company_id: CompanyId,
    pub provider: &'static str,
    /// Square's id of the account.
    pub merchant_id: String,
    /// `connected`, or `reconnect` where Square takes our access no more.
    pub state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    pub connected_at: Timestamp,
}

impl From<Connection> for ConnectionResponse {
    fn from(connection: Connection) -> Self {
        Self {
            company_id: connection.company_id,
            provider: "square",
            merchant_id: connection.merchant_id,
            state: connection.state.as_str(),
            connected_at: connection.connected_at,
        }
    }
}

/// Begins to connect the company's own Square account: send an owner's browser to the address.
#[utoipa::path(
    tag = "payments",
    params(ConnectionQuery),
    responses(
        (status = 200, body = AuthorizationResponse),
        (status = 404, body = problem::ProblemBody),
        (status = 409, body = problem::ProblemBody, description = "`connections_not_enabled`"),
    ),
    security(("bearer" = [])),
)]
#[get("/api/payments/square/oauth")]
pub async fn begin_square_connection(
    app: web::Data<App>,
    caller: Caller,
    query: Query<ConnectionQuery>,
) -> Result<web::Json<AuthorizationResponse>, Problem> {
    let owner = caller.owner_of(query.company_id)?;
    let begun = begin_connection(&app, &owner, app.clock.now()).await?;
    Ok(web::Json(AuthorizationResponse { authorization_url: begun.url.into(), expires_at: begun.expires_at }))
}

/// Where Square sends the owner back to. The `state` is the key to it: it is good once, for ten minutes.
#[utoipa::path(
    tag = "payments",
    params(CallbackQuery),
    responses(
        (status = 200, body = ConnectionResponse),
        (status = 400, body = problem::ProblemBody, description = "`invalid_state`"),
        (status = 409, body = problem::ProblemBody, description = "`connection_refused`, `connections_not_enabled`"),
        (status = 503, body = problem::ProblemBody, description = "Square is out of reach; begin again."),
    ),
)]
#[get("/api/payments/square/callback")]
pub async fn finish_square_connection(
    app: web::Data<App>,
    Query(query): Query<CallbackQuery>,
) -> Result<web::Json<ConnectionResponse>, Problem> {
    let brought = match (query.code, query.error) {
        (Some(code), None) => Brought::Code(code),
        (_, why) => Brought::Refusal(why.unwrap_or_else(|| "no code".to_owned())),
    };
    let connection = finish_connection(&app, &query.state, brought, app.clock.now()).await?;
    Ok(web::Json(connection.into()))
}

/// The company's Square account.
#[utoipa::path(
    tag = "payments",
    params(ConnectionQuery),
    responses(
        (status = 200, body = ConnectionResponse),
        (status = 404, body = problem::ProblemBody),
    ),
    security(("bearer" = [])),
)]
#[get("/api/payments/square/connection")]
pub async fn get_square_connection(
    app: web::Data<App>,
    caller: Caller,
    query: Query<ConnectionQuery>,
) -> Result<web::Json<ConnectionResponse>, Problem> {
    let manager = caller.manager_of(query.company_id)?;
    Ok(web::Json(find_connection(&app, manager.company_id()).await?.into()))
}

/// Forgets the company's Square account and our access to it.
#[utoipa::path(
    tag = "payments",
    params(ConnectionQuery),
    responses(
        (status = 204),
        (status = 404, body = problem::ProblemBody),
    ),
    security(("bearer" = [])),
)]
#[delete("/api/payments/square/connection")]
pub async fn end_square_connection(
    app: web::Data<App>,
    caller: Caller,
    query: Query<ConnectionQuery>,
) -> Result<HttpResponse, Problem> {
    let owner = caller.owner_of(query.company_id)?;
    end_connection(&app, &owner).await?;
    Ok(HttpResponse::NoContent().finish())
}
