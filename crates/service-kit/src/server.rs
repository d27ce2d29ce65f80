//! The HTTP server around a service's routes.

use std::{net::TcpListener, sync::Arc, sync::atomic::AtomicBool, time::Duration};

use actix_web::{
    App, HttpRequest, HttpServer,
    dev::Server,
    http::Method,
    middleware::from_fn,
    web::{self, Data, PayloadConfig},
};
use futures_util::future::BoxFuture;
use kernel::clock::SystemClock;
use problem::Problem;
use utoipa_actix_web::{AppExt, service_config::ServiceConfig};

use crate::{
    Context,
    extract::JSON_LIMIT,
    health,
    jobs::Jobs,
    methods::Methods,
    requests, sandbox_clock,
    scrape::{self, Scrape},
};

/// What the server needs of a service.
pub(crate) struct Parts<A: 'static> {
    pub context: Context,
    pub app: Arc<A>,
    pub routes: fn(&mut ServiceConfig),
    pub ready: for<'a> fn(&'a A) -> BoxFuture<'a, anyhow::Result<()>>,
    pub jobs: Arc<Jobs<A>>,
    pub accepting: Arc<AtomicBool>,
    pub movable_clock: Option<Arc<SystemClock>>,
    pub scrape: Scrape,
}

/// A client that has connected has this long to send its first request's head; then it is told 408 (slow loris).
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// Requests in progress have this long to finish when the server stops.
const SHUTDOWN_SECS: u64 = 20;

pub(crate) fn bind<A: Send + Sync + 'static>(
    parts: Parts<A>,
    listener: TcpListener,
    workers: usize,
) -> anyhow::Result<Server> {
    let parts = Arc::new(parts);
    scrape::metrics();
    let server = HttpServer::new(move || {
        let parts = parts.clone();
        let probes = parts.clone();
        let (app, document) = App::new()
            .wrap(from_fn(requests::around))
            .app_data(PayloadConfig::new(JSON_LIMIT))
            .app_data(Data::from(parts.context.tokens.clone()))
            .app_data(Data::new(parts.context.clone()))
            .app_data(Data::from(parts.app.clone()))
            // Before the service's own routes, so that a service may bring its own (the gateway does).
            .default_service(web::to(no_such_route))
            .into_utoipa_app()
            .configure(parts.routes)
            .split_for_parts();
        let own = [health::LIVE, health::READY].map(|path| (path, vec![Method::GET]));
        app.app_data(Data::new(Methods::new(&document.paths, own))).configure(move |config| {
            health::routes(config, &probes);
            sandbox_clock::routes(config, &probes);
        })
    });
    let server = server.client_request_timeout(HEAD_TIMEOUT).tcp_nodelay(true);
    let server = server.listen(listener)?.workers(workers).shutdown_timeout(SHUTDOWN_SECS).disable_signals().run();
    Ok(server)
}

async fn no_such_route(request: HttpRequest, methods: Data<Methods>) -> Result<&'static str, Problem> {
    Err(methods.refuse(&request))
}
