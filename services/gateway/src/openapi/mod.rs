//! One OpenAPI document for the platform, merged from those of the services, and a page to read it with.
//!
//! The services' documents are checked in (`docs/openapi/`); a snapshot test of each service keeps them true.

mod answers;
mod merge;

use actix_web::{HttpResponse, Responder, dev::HttpServiceFactory, get, web, web::Data};
use bytes::Bytes;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::App;

const DOCUMENTS: [(&str, &str); 7] = [
    ("gateway", include_str!("../../../../docs/openapi/gateway.json")),
    ("auth", include_str!("../../../../docs/openapi/auth.json")),
    ("booking", include_str!("../../../../docs/openapi/booking.json")),
    ("billing", include_str!("../../../../docs/openapi/billing.json")),
    ("ledger", include_str!("../../../../docs/openapi/ledger.json")),
    ("messaging", include_str!("../../../../docs/openapi/messaging.json")),
    ("webhook", include_str!("../../../../docs/openapi/webhook.json")),
];

/// The merged document as it is sent.
pub fn merged(public_url: &str) -> anyhow::Result<Bytes> {
    let documents = DOCUMENTS.map(|(service, text)| (service, text));
    Ok(serde_json::to_vec(&merge::merge(&documents, public_url)?)?.into())
}

/// The OpenAPI document of the whole platform.
#[utoipa::path(tag = "platform", security(()), responses((status = 200, description = "OpenAPI 3.1")))]
#[get("/api/openapi.json", wrap = "actix_web::middleware::from_fn(crate::edge::around)")]
pub async fn read_openapi(app: Data<App>) -> HttpResponse {
    answer(&app)
}

pub fn answer(app: &App) -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(app.openapi.clone())
}

/// The reference page, with all its assets in this binary.
pub fn reference_page() -> impl HttpServiceFactory {
    SwaggerUi::new("/{_:.*}").config(Config::new(["/api/openapi.json"]))
}

/// `/docs` is where people look; the page's assets are relative to `/docs/`.
pub fn to_reference_page() -> impl HttpServiceFactory {
    async fn redirect() -> impl Responder {
        web::Redirect::to("/docs/")
    }
    web::resource("/docs").guard(actix_web::guard::Get()).to(redirect)
}
