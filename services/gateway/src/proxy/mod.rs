//! Passes requests on to the services and their answers back, without holding either in memory.

mod body;
mod breaker;
mod headers;
mod upgrade;
mod upstream;

use std::{net::IpAddr, time::Duration};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, ResponseError,
    http::{Method, StatusCode, header},
    web::{Data, Payload},
};
use problem::Problem;
use service_kit::RouteName;

use crate::{
    App,
    client_address::{client_address, limited_as},
    hosts,
    identity::Identity,
    limiting::Allowance,
    openapi, platform_health,
    routes::{
        classes::{Class, Per},
        table::{self, Rule},
    },
};

use breaker::Breaker;
pub use breaker::Breakers;
use headers::RequestHead;
pub use upstream::Upstreams;

/// Everything the gateway has no page of its own for.
pub async fn pass_on(
    request: HttpRequest,
    payload: Payload,
    app: Data<App>,
    upstreams: Data<Upstreams>,
) -> HttpResponse {
    let target = hosts::canonical_target(&request, &app.config.api_host);
    let path = target.split('?').next().unwrap_or_default();
    let mut allowance = None;
    let mut response = match app.edge.preflight(request.method(), request.headers()) {
        Some(answer) => answer,
        None => match own_page(&request, path, &app).await {
            Some(page) => page,
            None => {
                let exchange = Exchange { request: &request, target: &target, path, app: &app, upstreams: &upstreams };
                exchange.run(payload, &mut allowance).await.unwrap_or_else(|problem| problem.error_response())
            }
        },
    };
    if let Some(allowance) = allowance {
        allowance.tell(response.headers_mut());
    }
    app.edge.finish(path, request.headers().get(header::ORIGIN), response.headers_mut());
    response
}

/// The gateway's own pages by their names at the API's host; by their paths they are routes.
async fn own_page(request: &HttpRequest, path: &str, app: &Data<App>) -> Option<HttpResponse> {
    if request.method() != Method::GET || path == request.path() {
        return None;
    }
    match path {
        // Boxed, like all that is rare: every request would have to carry its state.
        "/api/health" => Some(Box::pin(platform_health::answer(app)).await),
        "/api/openapi.json" => Some(openapi::answer(app)),
        _ => None,
    }
}

/// One request on its way through.
struct Exchange<'r> {
    request: &'r HttpRequest,
    /// Path and query as the table of routes knows them.
    target: &'r str,
    path: &'r str,
    app: &'r App,
    upstreams: &'r Upstreams,
}

impl Exchange<'_> {
    async fn run(&self, payload: Payload, allowance: &mut Option<Allowance>) -> Result<HttpResponse, Problem> {
        let (request, app) = (self.request, self.app);
        let rule = table::find(self.path, app.config.environment).ok_or_else(Problem::not_found)?;
        request.extensions_mut().insert(RouteName(rule.pattern));
        hosts::refuse_two_hosts(request)?;
        let address = client_address(request, &app.config.trusted_proxies);
        let identity = self.admit(rule, address, allowance).await?;

        let breaker = app.breakers.of(rule.service).ok_or_else(Problem::not_found)?;
        let head = RequestHead {
            client: request,
            uri: &self.upstream_uri(rule)?,
            rule,
            identity: identity.as_ref(),
            address,
            public_url: &app.config.public_url,
            time_limit: self.time_limit(rule),
        };
        if rule.class == Class::Stream && upgrade::is_wanted(request) {
            let answer = Box::pin(upgrade::pass_through(self.upstreams, breaker, &head, payload));
            return answer.await.map_err(|error| error.into_problem(rule.service));
        }
        let body = body::prepare(request, payload, self.body_limit(rule)).await?;
        let answer = self.upstreams.send(breaker, &head, body).await;
        let answer = answer.map_err(|error| error.into_problem(rule.service))?;
        if let Some(identity) = identity
            && changes_identities(rule, request.method(), answer.status().as_u16())
        {
            app.identities.forget(identity.caller);
        }
        Ok(answer_from(answer, request.method()))
    }

    /// Who asks, if it is somebody and not too often. What is guessed at is limited by address before anything is
    /// done for it; a refused credential counts against its address too.
    async fn admit(
        &self,
        rule: &Rule,
        address: Option<IpAddr>,
        allowance: &mut Option<Allowance>,
    ) -> Result<Option<Identity>, Problem> {
        let grant = rule.class.grant();
        let Some(quota) = grant.rate.of(self.request.method()) else { return self.identify(rule).await };
        let address = || address.map(limited_as).unwrap_or_default();
        let limiter = &self.app.limiter;
        if grant.per == Per::Address {
            limiter.take(quota, &address(), allowance).await?;
            return self.identify(rule).await;
        }
        match self.identify(rule).await {
            Ok(Some(identity)) => {
                limiter.take(quota, &identity.limited_as, allowance).await?;
                Ok(Some(identity))
            }
            Ok(None) => limiter.take(quota, &address(), allowance).await.map(|()| None),
            Err(problem) => {
                limiter.take(quota, &address(), allowance).await?;
                Err(problem)
            }
        }
    }

    async fn identify(&self, rule: &Rule) -> Result<Option<Identity>, Problem> {
        match rule.identity {
            table::Identity::Optional => self.app.identities.of(self.request.headers()).await,
            table::Identity::Ignored | table::Identity::Foreign => Ok(None),
        }
    }

    fn upstream_uri(&self, rule: &Rule) -> Result<http::Uri, Problem> {
        let base = self.app.peers.url(rule.service);
        let uri = http::Uri::try_from(base + &rule.rewrite(self.target));
        uri.map_err(|_| Problem::bad_request("malformed_path", "The path or the query cannot be read."))
    }

    fn body_limit(&self, rule: &Rule) -> u64 {
        let own = self.app.config.upload_limit.filter(|_| rule.class == Class::Upload);
        own.unwrap_or(rule.class.grant().body)
    }

    fn time_limit(&self, rule: &Rule) -> Duration {
        self.app.config.time_limit.unwrap_or(rule.class.grant().time)
    }
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
