//! Passes requests on to the services and their answers back, without holding either in memory.

mod body;
mod headers;
mod upstream;

use std::net::SocketAddr;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, ResponseError,
    http::{Method, StatusCode, header},
    web::{Data, Payload},
};
use problem::Problem;
use service_kit::RouteName;

use crate::{
    App,
    identity::Identity,
    routes::table::{self, Rule},
};

use headers::RequestHead;
pub use upstream::Upstreams;

/// Everything the gateway has no page of its own for.
pub async fn pass_on(
    request: HttpRequest,
    payload: Payload,
    app: Data<App>,
    upstreams: Data<Upstreams>,
) -> HttpResponse {
    let mut response = match app.edge.preflight(request.method(), request.headers()) {
        Some(answer) => answer,
        None => match exchange(&request, payload, &app, &upstreams).await {
            Ok(response) => response,
            Err(problem) => problem.error_response(),
        },
    };
    app.edge.finish(request.path(), request.headers().get(header::ORIGIN), response.headers_mut());
    response
}

async fn exchange(
    request: &HttpRequest,
    payload: Payload,
    app: &App,
    upstreams: &Upstreams,
) -> Result<HttpResponse, Problem> {
    let rule = table::find(request.path(), app.config.environment).ok_or_else(Problem::not_found)?;
    request.extensions_mut().insert(RouteName(rule.pattern));
    let identity = identify(request, rule, app).await?;
    let body = body::prepare(request, payload, app.config.body_limit).await?;

    let head = RequestHead {
        client: request,
        uri: &upstream_uri(request, rule, app)?,
        rule,
        identity: identity.as_ref(),
        public_url: &app.config.public_url,
    };
    let answer = upstreams.send(&head, body, app.config.upstream_timeout).await;
    let answer = answer.map_err(|error| error.into_problem(rule.service))?;
    if let Some(identity) = identity
        && changes_identities(rule, request.method(), answer.status().as_u16())
    {
        app.identities.forget_user(identity.user_id);
    }
    Ok(answer_from(answer, request.method()))
}

async fn identify(request: &HttpRequest, rule: &Rule, app: &App) -> Result<Option<Identity>, Problem> {
    match rule.identity {
        table::Identity::Optional => app.identities.of(request.headers()).await,
        table::Identity::Ignored | table::Identity::Foreign => Ok(None),
    }
}

fn upstream_uri(request: &HttpRequest, rule: &Rule, app: &App) -> Result<http::Uri, Problem> {
    let path_and_query = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let base = app.peers.url(rule.service);
    let uri = http::Uri::try_from(base + &rule.rewrite(path_and_query));
    uri.map_err(|_| Problem::bad_request("malformed_path", "The path or the query cannot be read."))
}

/// A write to auth may have changed who the caller is: the next request asks again.
fn changes_identities(rule: &Rule, method: &Method, status: u16) -> bool {
    rule.service == "auth" && !method.is_safe() && (200..300).contains(&status)
}

fn answer_from(answer: http::Response<hyper::body::Incoming>, method: &Method) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let (head, incoming) = answer.into_parts();
    let body = body::AnswerBody::new(incoming, &head.headers, status, method);
    let mut response = HttpResponse::new(status).set_body(body).map_into_boxed_body();
    headers::copy_answer(&head.headers, response.headers_mut());
    response
}

/// The address of whoever is connected to us.
fn client_address(request: &HttpRequest) -> Option<SocketAddr> {
    request.peer_addr()
}
