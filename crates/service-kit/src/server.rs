//! The HTTP server around a service's routes. Every answer carries `X-Request-Id`: the one the request came with, or a
//! new one.

use std::{net::TcpListener, sync::Arc, sync::atomic::AtomicBool};

use actix_web::{
    App, Error, HttpMessage, HttpRequest, HttpServer,
    body::MessageBody,
    dev::{Server, ServiceRequest, ServiceResponse},
    http::header::{HeaderName, HeaderValue},
    middleware::{Next, from_fn},
    web::{self, Data, PayloadConfig},
};
use futures_util::future::BoxFuture;
use kernel::clock::SystemClock;
use problem::Problem;
use tracing::{Instrument, Span};
use tracing_actix_web::{RootSpanBuilder, TracingLogger};
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};

use crate::{Context, extract::JSON_LIMIT, health, jobs::Jobs, sandbox_clock};

/// What the server needs of a service.
pub(crate) struct Parts<A: 'static> {
    pub context: Context,
    pub app: Arc<A>,
    pub routes: fn(&mut ServiceConfig),
    pub ready: for<'a> fn(&'a A) -> BoxFuture<'a, anyhow::Result<()>>,
    pub jobs: Arc<Jobs<A>>,
    pub accepting: Arc<AtomicBool>,
    pub movable_clock: Option<Arc<SystemClock>>,
}

/// What a request is called in metrics and log lines where no route pattern matched it: the gateway puts the pattern of
/// its own table into the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct RouteName(pub &'static str);

/// Requests in progress have this long to finish when the server stops.
const SHUTDOWN_SECS: u64 = 20;

pub(crate) fn bind<A: Send + Sync + 'static>(
    parts: Parts<A>,
    listener: TcpListener,
    workers: usize,
) -> anyhow::Result<Server> {
    let parts = Arc::new(parts);
    let server = HttpServer::new(move || {
        let parts = parts.clone();
        let probes = parts.clone();
        let (app, _) = App::new()
            .wrap(from_fn(detached))
            .wrap(TracingLogger::<RequestSpan>::new())
            .wrap(from_fn(identified))
            .app_data(PayloadConfig::new(JSON_LIMIT))
            .app_data(Data::from(parts.context.tokens.clone()))
            .app_data(Data::new(parts.context.clone()))
            .app_data(Data::from(parts.app.clone()))
            // Before the service's own routes, so that a service may bring its own (the gateway does).
            .default_service(web::to(no_such_route))
            .into_utoipa_app()
            .configure(parts.routes)
            .split_for_parts();
        app.configure(move |config| {
            health::routes(config, &probes);
            sandbox_clock::routes(config, &probes);
        })
    });
    let server = server.listen(listener)?.workers(workers).shutdown_timeout(SHUTDOWN_SECS).disable_signals().run();
    Ok(server)
}

async fn no_such_route() -> Result<&'static str, Problem> {
    Err(Problem::not_found())
}

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Names the request: a client's own id is kept when it is short and plain, so that it can be found in the logs.
async fn identified(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = match request.headers().get(&REQUEST_ID).filter(|id| is_plain(id)) {
        Some(id) => id.clone(),
        None => fresh_request_id(),
    };
    request.headers_mut().insert(REQUEST_ID.clone(), id.clone());
    let mut response = next.call(request).await?;
    response.headers_mut().insert(REQUEST_ID.clone(), id);
    Ok(response)
}

fn is_plain(id: &HeaderValue) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    (1..=128).contains(&id.len()) && id.as_bytes().iter().all(plain)
}

fn fresh_request_id() -> HeaderValue {
    let mut text = [0; uuid::fmt::Simple::LENGTH];
    let text = kernel::new_uuid().simple().encode_lower(&mut text);
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown"))
}

/// Runs the request in a task of its own: a client that goes away cannot cancel a transaction half-way.
async fn detached(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let work = next.call(request).instrument(Span::current());
    actix_web::rt::spawn(work).await.map_err(|crash| Problem::internal(anyhow::anyhow!("request crashed: {crash}")))?
}

/// One span and one log line a request; nothing of bodies, tokens or query strings is in either.
struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let service = request.app_data::<Data<Context>>().map_or("", |context| context.service);
        let span = tracing::info_span!(
            "request",
            service,
            method = %request.method(),
            path = request.path(),
            request_id = header("x-request-id").unwrap_or_default(),
        );
        telemetry::set_parent(&span, header("traceparent"));
        span
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let (status, route) = match outcome {
            Ok(response) => (response.status(), route_of(response.request())),
            Err(error) => (error.as_response_error().status_code(), None),
        };
        let route = route.unwrap_or_else(|| "none".to_owned());
        let trace_id = telemetry::trace_id_of(&span).unwrap_or_default();
        metrics::counter!("http_requests_total", "route" => route.clone(), "status" => status.as_u16().to_string())
            .increment(1);
        span.in_scope(|| {
            // Probes arrive every few seconds and say nothing when they succeed.
            if route.starts_with("/health/") && status.is_success() {
                tracing::debug!(route, status = status.as_u16(), "request");
            } else {
                tracing::info!(route, status = status.as_u16(), trace_id, "request");
            }
        });
    }
}

fn route_of(request: &HttpRequest) -> Option<String> {
    let named = request.extensions().get::<RouteName>().map(|name| name.0.to_owned());
    named.or_else(|| request.match_pattern())
}
