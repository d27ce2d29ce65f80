//! The provider's own page on which a person looks after their methods.

use actix_web::{HttpResponse, http::StatusCode, post, web};
use problem::Problem;
use providers::{PortalRequest, ProviderName};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json};
use url::Url;

use super::{MethodError, customers::ensure_customer, model::owner, store as methods};
use crate::{App, sessions::http::callback};

/// Whose page it is.
const PROVIDER: ProviderName = ProviderName::Stripe;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePortalSessionRequest {
    /// Where the person comes back to: http or https.
    #[schema(format = "uri", max_length = 2000)]
    pub return_url: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = PortalSession)]
pub struct PortalSessionResponse {
    /// Stripe's page. Whoever opens it is the person: send their browser there at once, and show it to nobody else.
    #[schema(format = "uri")]
    pub url: String,
}

/// Opens Stripe's page on which the caller sees their saved payment methods, gives and removes them, and chooses the default. It
/// is good for some minutes and kept nowhere: ask for a new one each time.
#[utoipa::path(
    tag = "payment methods",
    request_body = CreatePortalSessionRequest,
    responses(
        (status = 201, body = PortalSessionResponse),
        (status = 409, body = problem::ProblemBody, description = "`payment_methods_not_offered`"),
        (status = 503, body = problem::ProblemBody, description = "The provider is out of reach."),
    ),
    security(("bearer" = [])),
)]
#[post("/api/stripe/portal-session")]
pub async fn create_portal_session(
    app: web::Data<App>,
    caller: Caller,
    body: Json<CreatePortalSessionRequest>,
) -> Result<HttpResponse, Problem> {
    let return_url = return_url(&app, body.into_inner().return_url)?;
    let url = open_portal(&app, &caller, return_url).await?;
    Ok(HttpResponse::build(StatusCode::CREATED).json(PortalSessionResponse { url: url.into() }))
}

fn return_url(app: &App, given: Option<String>) -> Result<Url, Problem> {
    let text = given.unwrap_or_else(|| format!("{}/payment-methods", app.config.public_url));
    callback(&text, app.config.https_callbacks_only).map_err(|detail| {
        Problem::invalid("invalid_callback_url", "The page to come back to is not a usable address.")
            .at("/return_url", detail)
    })
}

/// The person is made known to the provider where they are not. The page shows the default that they have chosen here.
async fn open_portal(app: &App, caller: &Caller, return_url: Url) -> Result<Url, MethodError> {
    let Some(vault) = &app.config.vault else { return Err(MethodError::NotOffered) };
    let user_id = caller.user_id();
    let email = Some(caller.email()).filter(|email| !email.is_empty());
    let provider_customer_id = ensure_customer(app, PROVIDER, user_id, email).await?;
    let default = {
        let mut conn = app.db.conn().await?;
        methods::find_default(&mut conn, user_id).await?
    };
    let sealed = default.filter(|method| method.provider == PROVIDER).and_then(|method| method.token);
    let default_method = sealed.map(|sealed| vault.open(&owner(user_id), &sealed)).transpose()?;
    let provider = app.provider(PROVIDER)?;
    let request = PortalRequest { provider_customer_id, return_url, default_method };
    Ok(provider.methods().ok_or(MethodError::NotOffered)?.open_portal(&request).await?)
}
