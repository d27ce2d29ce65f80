//! What every answer to the outside world has in common: security headers, and for pages of known origins the
//! permission to read it.

mod cors;
mod security;

use actix_web::{
    Error, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderMap, HeaderValue},
    },
    middleware::Next,
    web::Data,
};

use crate::{App, config::GatewayConfig};

use cors::Cors;
use security::Security;

/// The rules for answers, made once.
pub struct Edge {
    cors: Cors,
    security: Security,
}

impl Edge {
    pub fn new(config: &GatewayConfig) -> anyhow::Result<Self> {
        Ok(Self { cors: Cors::new(&config.cors_origins)?, security: Security::new(config.environment) })
    }

    /// The answer to a browser that asks whether it may send a request (Fetch standard, CORS-preflight).
    pub fn preflight(&self, method: &Method, headers: &HeaderMap) -> Option<HttpResponse> {
        if *method == Method::OPTIONS { self.cors.preflight(headers) } else { None }
    }

    /// Completes the headers of an answer.
    pub fn finish(&self, path: &str, origin: Option<&HeaderValue>, answer: &mut HeaderMap) {
        self.security.apply(path, answer);
        self.cors.apply(origin, answer);
    }
}

/// The same for the gateway's own pages.
pub async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let app = request.app_data::<Data<App>>().cloned();
    let origin = request.headers().get(header::ORIGIN).cloned();
    let path = request.path().to_owned();
    let mut response = next.call(request).await?;
    if let Some(app) = app {
        app.edge.finish(&path, origin.as_ref(), response.headers_mut());
    }
    Ok(response)
}
