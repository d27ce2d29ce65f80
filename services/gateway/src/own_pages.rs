//! The few pages that the gateway has of its own. Those of the API have two names: by their paths they are routes, and at
//! the API's host they need no `/api`.

use actix_web::{HttpMessage, HttpRequest, HttpResponse, http::Method, web::Data};
use problem::Problem;
use service_kit::RouteName;

use crate::{App, openapi, platform_health};

const PATHS: [&str; 5] = ["/api/health", "/api/openapi.json", "/docs", "/health/live", "/health/ready"];

/// What no route has answered: the other names, and HEAD.
pub async fn answer(request: &HttpRequest, path: &str, app: &Data<App>) -> Option<HttpResponse> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return None;
    }
    match path {
        // Boxed, like all that is rare: every request would have to carry its state.
        "/api/health" => Some(Box::pin(platform_health::answer(app)).await),
        "/api/openapi.json" => Some(openapi::answer(app)),
        _ => None,
    }
}

/// What there is for a path that no service has: the console, or nothing.
pub async fn unrouted(request: &HttpRequest, path: &str, app: &App) -> Result<HttpResponse, Problem> {
    if path.starts_with("/docs/") || PATHS.contains(&path) {
        return Err(Problem::method_not_allowed(&[Method::GET, Method::HEAD]));
    }
    let Some(console) = &app.console else { return Err(Problem::not_found()) };
    let Some(answer) = console.answer(request, path).await else { return Err(Problem::not_found()) };
    request.extensions_mut().insert(RouteName("console"));
    answer
}
