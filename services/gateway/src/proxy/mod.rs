//! Passes requests on to the services and their answers back, without holding either in memory.

mod answer;
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
use kernel::CompanyId;
use problem::Problem;
use service_kit::RouteName;

use crate::{
    App,
    client_address::{client_address, limited_as},
    hosts,
    identity::{Identity, OpenPipe, Owner},
    limiting::Allowance,
    own_pages,
    routes::{
        classes::{Class, NEW_CREDENTIALS, Per},
        table::{self, Authentication, Rule},
    },
};

use body::BodyLimits;
use breaker::Breaker;
pub use breaker::Breakers;
use headers::RequestHead;
use upgrade::Wanted;
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
        None => match own_pages::answer(&request, path, &app).await {
            Some(page) => page,
            None => {
                let passage = Passage { request: &request, target: &target, path, app: &app, upstreams: &upstreams };
                passage.run(payload, &mut allowance).await.unwrap_or_else(|problem| problem.error_response())
            }
        },
    };
    if let Some(allowance) = allowance {
        allowance.tell(response.headers_mut());
    }
    app.edge.finish(path, request.headers().get(header::ORIGIN), response.headers_mut());
    response
}

/// One request on its way through.
struct Passage<'r> {
    request: &'r HttpRequest,
    /// Path and query as the table of routes knows them.
    target: &'r str,
    path: &'r str,
    app: &'r App,
    upstreams: &'r Upstreams,
}

impl Passage<'_> {
    async fn run(&self, payload: Payload, allowance: &mut Option<Allowance>) -> Result<HttpResponse, Problem> {
        let (request, app) = (self.request, self.app);
        let Some(rule) = table::find(self.path, app.config.environment) else {
            return Box::pin(own_pages::unrouted(request, self.path, app)).await;
        };
        request.extensions_mut().insert(RouteName(rule.pattern));
        hosts::refuse_two_hosts(request)?;
        let address = client_address(request, &app.config.trusted_proxies);
        let mut identity = self.admit(rule, address, allowance).await?;
        let mut pipe = None;
        if rule.class == Class::Stream && upgrade::is_wanted(request) {
            pipe = Some(self.open_pipe(identity.as_ref(), address)?);
            // Looked up again now that the pipe is on the list: whatever ended in between is seen.
            identity = self.identify(rule, address, &mut None).await?;
        }

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
        if let Some(pipe) = pipe {
            let wanted = Wanted { pipe, idle: app.config.stream_idle_limit, draining: app.draining.clone() };
            let answer = Box::pin(upgrade::pass_through(self.upstreams, breaker, &head, payload, wanted));
            return answer.await.map_err(|error| error.into_problem(rule.service));
        }
        let body = body::prepare(request, payload, self.body_limits(rule)).await?;
        let answer = self.upstreams.send(breaker, &head, body).await;
        let answer = answer.map_err(|error| error.into_problem(rule.service))?;
        if let Some(identity) = identity
            && changes_identities(rule, request.method(), answer.status().as_u16())
        {
            app.identities.forget(identity.owner);
            company_in(self.path).into_iter().for_each(|company| app.identities.forget(Owner::Company(company)));
        }
        Ok(answer::pass_on(answer, request.method(), app.config.idle_limit))
    }

    /// Who asks, if it is somebody and not too often. What is guessed at is limited by address before anything is
    /// done for it; a refused credential counts against its address too.
    async fn admit(
        &self,
        rule: &Rule,
        address: Option<IpAddr>,
        allowance: &mut Option<Allowance>,
    ) -> Result<Option<Identity>, Problem> {
        let terms = rule.class.terms();
        let limiter = &self.app.limiter;
        let Some(quota) = terms.rate.of(self.request.method()) else {
            return self.identify(rule, address, allowance).await;
        };
        if terms.per == Per::Address {
            limiter.take(quota, &nobody_at(address), allowance).await?;
            return self.identify(rule, address, allowance).await;
        }
        match self.identify(rule, address, allowance).await {
            Ok(Some(identity)) => {
                limiter.take(quota, &identity.limited_as, allowance).await?;
                Ok(Some(identity))
            }
            Ok(None) => limiter.take(quota, &nobody_at(address), allowance).await.map(|()| None),
            // It was not even asked for.
            Err(problem) if problem.status() == StatusCode::TOO_MANY_REQUESTS => Err(problem),
            Err(problem) => {
                limiter.take(quota, &nobody_at(address), allowance).await?;
                Err(problem)
            }
        }
    }

    /// What may be a guess costs its address a token before auth hears of it.
    async fn identify(
        &self,
        rule: &Rule,
        address: Option<IpAddr>,
        allowance: &mut Option<Allowance>,
    ) -> Result<Option<Identity>, Problem> {
        if rule.authentication != Authentication::Optional {
            return Ok(None);
        }
        let admit_guess = async || self.app.limiter.take(NEW_CREDENTIALS, &nobody_at(address), allowance).await;
        self.app.identities.of(self.request.headers(), address, admit_guess).await
    }

    fn open_pipe(&self, identity: Option<&Identity>, address: Option<IpAddr>) -> Result<OpenPipe, Problem> {
        let most = self.app.config.streams_per_caller;
        let holder = match identity {
            Some(identity) => identity.limited_as.clone(),
            None => nobody_at(address).into(),
        };
        self.app.identities.pipes.open(holder, identity, most).ok_or_else(|| {
            let detail = format!("You have {most} connections of this kind open already.");
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_streams", detail)
        })
    }

    fn upstream_uri(&self, rule: &Rule) -> Result<http::Uri, Problem> {
        let base = self.app.peers.url(rule.service);
        let uri = http::Uri::try_from(base + &rule.rewrite(self.target));
        uri.map_err(|_| Problem::bad_request("malformed_path", "The path or the query cannot be read."))
    }

    fn body_limits(&self, rule: &Rule) -> BodyLimits {
        let own = self.app.config.upload_limit.filter(|_| rule.class == Class::Upload);
        BodyLimits { bytes: own.unwrap_or(rule.class.terms().body), idle: self.app.config.idle_limit }
    }

    fn time_limit(&self, rule: &Rule) -> Duration {
        self.app.config.time_limit.unwrap_or(rule.class.terms().time)
    }
}

/// Who shares a limit with somebody who does not say who they are.
fn nobody_at(address: Option<IpAddr>) -> String {
    address.map(limited_as).unwrap_or_default()
}

/// A write to auth may have changed who the caller is: the next request asks again.
fn changes_identities(rule: &Rule, method: &Method, status: u16) -> bool {
    rule.service == "auth" && !method.is_safe() && (200..300).contains(&status)
}

/// The company whose own a path speaks of: its keys act for it.
fn company_in(path: &str) -> Option<CompanyId> {
    path.strip_prefix("/api/companies/")?.split('/').next()?.parse().ok()
}
