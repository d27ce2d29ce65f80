//! What happens around every request: it is named, traced, counted, written down in one line, and where a database is
//! at stake it cannot be cut short. Nothing of bodies, tokens or query strings is kept.
//!
//! All of it is one middleware: each further one costs every request a boxed future.

use std::{borrow::Cow, cell::RefCell, collections::HashMap};

use actix_web::{
    Error, HttpMessage, HttpRequest,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method, StatusCode,
        header::{HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use metrics::Counter;
use problem::Problem;
use tracing::{Instrument, Span};

use crate::{
    Context, deadline,
    identity::{TokenVerifier, bearer},
    unread::{self, Watched},
};

/// What a request is called in metrics and log lines where no route pattern matched it: the gateway puts the pattern of
/// its own table into the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct RouteName(pub &'static str);

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

pub(crate) async fn around(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = name(&mut request);
    let span = span(&request, &id);
    let body = Watched::of(&mut request);
    // The gateway passes it on as it is: the service that answers is the one to know what a GET would say.
    if *request.method() == Method::HEAD && is_service(&request) {
        // The server writes no body for a request that came as HEAD (RFC 9110 section 9.3.2).
        request.head_mut().method = Method::GET;
    }
    let must_finish = request.app_data::<Data<Context>>().is_some_and(|context| context.database.is_some());
    let deadline = if is_service(&request) { deadline::of(request.headers()) } else { None };
    let unverifiable = unverifiable(&request);
    let work = async move {
        if let Some((tokens, token)) = unverifiable {
            tokens.learn_key_of(&token).await;
        }
        next.call(request).await
    };
    let work = deadline::within(deadline, work).instrument(span.clone());
    let outcome = deadline::until(deadline, async { if must_finish { detached(work).await } else { work.await } });
    let outcome = outcome.await;
    match outcome {
        Ok(mut response) => {
            response.headers_mut().insert(REQUEST_ID.clone(), id);
            write_down(&span, response.status(), response.request());
            Ok(response.map_body(|_, answer| match body {
                Some(rest) => EitherBody::right(unread::answer(answer.boxed(), rest)),
                None => EitherBody::left(answer),
            }))
        }
        Err(error) => {
            let status = error.as_response_error().status_code();
            span.in_scope(|| tracing::info!(route = "none", status = status.as_u16(), "request"));
            Err(error)
        }
    }
}

/// One of those behind the gateway. The gateway sets deadlines; clients do not.
fn is_service(request: &ServiceRequest) -> bool {
    request.app_data::<Data<Context>>().is_some_and(|context| context.service != "gateway")
}

/// A token that names a key which is not known here, with whoever may learn it.
fn unverifiable(request: &ServiceRequest) -> Option<(Data<TokenVerifier>, String)> {
    let tokens = request.app_data::<Data<TokenVerifier>>().filter(|_| is_service(request))?;
    let token = bearer(request.request()).ok().filter(|token| tokens.names_unknown_key(token))?;
    Some((tokens.clone(), token))
}

/// A client's own id is kept when it is short and plain, so that it can be found in the logs.
fn name(request: &mut ServiceRequest) -> HeaderValue {
    let id = match request.headers().get(&REQUEST_ID).filter(|id| is_plain(id)) {
        Some(id) => return id.clone(),
        None => fresh_id(),
    };
    request.headers_mut().insert(REQUEST_ID.clone(), id.clone());
    id
}

fn is_plain(id: &HeaderValue) -> bool {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte);
    (1..=128).contains(&id.len()) && id.as_bytes().iter().all(plain)
}

fn fresh_id() -> HeaderValue {
    let mut text = [0; uuid::fmt::Simple::LENGTH];
    let text = kernel::new_uuid().simple().encode_lower(&mut text);
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown"))
}

fn span(request: &ServiceRequest, id: &HeaderValue) -> Span {
    let service = request.app_data::<Data<Context>>().map_or("", |context| context.service);
    let span = tracing::info_span!(
        "request",
        service,
        method = request.method().as_str(),
        path = %without_secrets(request.path()),
        request_id = id.to_str().unwrap_or_default(),
    );
    telemetry::set_parent(&span, request.headers().get("traceparent").and_then(|value| value.to_str().ok()));
    span
}

/// How secrets begin that clients hold (`rtc_…`, `rtk_…`, `rtl_…`, `rto_…`, `rtr_…`).
const SECRET_PREFIX: &str = "rt";

/// What calendar programs are given ends so. The addresses that were made before their tokens got a prefix work on, and
/// whoever has one reads the calendar.
const CALENDAR_SUFFIX: &str = ".ics";

fn is_secret(part: &str) -> bool {
    let begins_so = part.starts_with(SECRET_PREFIX) && part.as_bytes().get(3) == Some(&b'_');
    begins_so || part.ends_with(CALENDAR_SUFFIX)
}

/// A path without the secrets that stand in it, such as that of an invitation's link.
fn without_secrets(path: &str) -> Cow<'_, str> {
    if !path.split('/').any(is_secret) {
        return Cow::Borrowed(path);
    }
    let shown = path.split('/').map(|part| if is_secret(part) { "***" } else { part });
    Cow::Owned(shown.collect::<Vec<_>>().join("/"))
}

/// Runs the request in a task of its own: a client that goes away cannot cancel a transaction half-way.
async fn detached<R: 'static>(work: impl Future<Output = Result<R, Error>> + 'static) -> Result<R, Error> {
    actix_web::rt::spawn(work).await.map_err(|crash| Problem::internal(anyhow::anyhow!("request crashed: {crash}")))?
}

fn write_down(span: &Span, status: StatusCode, request: &HttpRequest) {
    let named = request.extensions().get::<RouteName>().map(|name| name.0);
    let matched = if named.is_none() { request.match_pattern() } else { None };
    let route = named.or(matched.as_deref()).unwrap_or("none");
    count(route, status);
    span.in_scope(|| {
        if status.is_success() && is_routine(route) {
            tracing::debug!(route, status = status.as_u16(), "request");
        } else {
            let trace_id = telemetry::trace_id_of(span).unwrap_or_default();
            tracing::info!(route, status = status.as_u16(), trace_id, "request");
        }
    });
}

/// Probes, scrapes and the sandbox's look at the clock arrive every few seconds and say nothing when they succeed.
fn is_routine(route: &str) -> bool {
    route.starts_with("/health/") || matches!(route, "/metrics" | "/internal/clock")
}

/// Looking a counter up by its labels allocates them; each worker keeps those it has met. The routes of a service are
/// few, and paths that match none share a name.
fn count(route: &str, status: StatusCode) {
    thread_local! {
        static COUNTERS: RefCell<HashMap<String, HashMap<StatusCode, Counter>>> = RefCell::default();
    }
    COUNTERS.with_borrow_mut(|counters| {
        if !counters.contains_key(route) {
            counters.insert(route.to_owned(), HashMap::new());
        }
        let Some(by_status) = counters.get_mut(route) else { return };
        let register = || {
            let labels = [("route", route.to_owned()), ("status", status.as_u16().to_string())];
            metrics::counter!("http_requests_total", &labels)
        };
        by_status.entry(status).or_insert_with(register).increment(1);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_paths_are_not_written_down() {
        for (path, shown) in [
            ("/api/teams/invitations/rto_s3cret/accept", "/api/teams/invitations/***/accept"),
            ("/api/bookings/bkg_01h455vb4pex5vsknk084sn02q", "/api/bookings/bkg_01h455vb4pex5vsknk084sn02q"),
            ("/api/bookings/links/rtl_s3cret", "/api/bookings/links/***"),
            ("/rtk_a/rtx", "/***/rtx"),
            ("/api/calendar/rtc_s3cret.ics", "/api/calendar/***"),
            ("/api/calendar/rtc_s3cret", "/api/calendar/***"),
            // As they were before.
            ("/api/calendar/kF0-s3cret_w1th.ics", "/api/calendar/***"),
            ("/api/calendar/feeds", "/api/calendar/feeds"),
        ] {
            assert_eq!(without_secrets(path), shown);
        }
    }
}
