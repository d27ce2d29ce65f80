//! Which headers pass the door. What says who a client is, where it comes from or by what name it called is ours to
//! say: whatever a client sent of the kind is removed, in every spelling (servers read `X_User_Id` like `X-User-Id`).

use std::{net::IpAddr, time::Duration};

use actix_web::{
    HttpRequest,
    http::{
        Version,
        header::{self, HeaderMap as ClientHeaders},
    },
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use problem::Problem;
use service_kit::deadline::TIMEOUT_HEADER;

use crate::{
    identity::Identity,
    routes::table::{Authentication, Rule},
};

/// Meant for the next hop only (RFC 9110 section 7.6.1), with the old names some servers still read.
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "expect",
];

/// Rewritten by us or by hyper.
const REWRITTEN: [&str; 4] = ["host", "content-length", "authorization", "traceparent"];

/// Names that speak of identity or of the way a request took.
const FORGEABLE: [&str; 13] = [
    "forwarded",
    "via",
    "remote-user",
    "remote-addr",
    "true-client-ip",
    "client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-url",
    "x-original-host",
    "x-rewrite-url",
    "x-http-method-override",
    "x-http-method",
];

const FORGEABLE_PREFIXES: [&str; 24] = [
    "x-admin",
    "x-auth",
    "x-authenticated",
    "x-caller",
    "x-company",
    "x-consumer",
    "x-email",
    "x-forwarded",
    "x-identity",
    "x-internal",
    "x-org",
    "x-original-",
    "x-platform",
    "x-principal",
    "x-real",
    "x-remote",
    "x-role",
    "x-roomtone",
    "x-scope",
    "x-service",
    "x-session",
    "x-tenant",
    "x-user",
    "cf-connecting",
];

const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const TIMEOUT: HeaderName = HeaderName::from_static(TIMEOUT_HEADER);

/// What of a client's headers may go on.
fn passes(name: &str) -> bool {
    // Nearly every header ends here: none of the names below starts otherwise.
    if !name.starts_with(['a', 'c', 'e', 'f', 'h', 'k', 'p', 'r', 't', 'u', 'v', 'x']) {
        return true;
    }
    if !name.contains('_') {
        return is_harmless(name);
    }
    is_harmless(&name.replace('_', "-"))
}

fn is_harmless(name: &str) -> bool {
    let named = HOP_BY_HOP.contains(&name) || REWRITTEN.contains(&name) || FORGEABLE.contains(&name);
    !named && !FORGEABLE_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Everything the head of an upstream request is made of.
pub struct RequestHead<'r> {
    pub client: &'r HttpRequest,
    pub uri: &'r Uri,
    pub rule: &'r Rule,
    pub identity: Option<&'r Identity>,
    /// Where the client is.
    pub address: Option<IpAddr>,
    pub public_url: &'r str,
    /// How long the service may take from when it has the request.
    pub time_limit: Duration,
}

impl RequestHead<'_> {
    /// A request that tells the service how much time it has left.
    pub fn request<B>(&self, body: B, time_left: Duration) -> Result<Request<B>, Problem> {
        let mut request = Request::new(body);
        // Both libraries know the same methods: whatever one has read the other takes.
        *request.method_mut() = Method::from_bytes(self.client.method().as_str().as_bytes()).unwrap_or_default();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers()?;
        let millis = u64::try_from(time_left.as_millis()).unwrap_or(u64::MAX);
        request.headers_mut().insert(TIMEOUT, HeaderValue::from(millis));
        Ok(request)
    }

    fn headers(&self) -> Result<HeaderMap, Problem> {
        let client = self.client.headers();
        let mut headers = HeaderMap::with_capacity(client.len() + 6);
        let named = connection_names(client);
        for (name, value) in client {
            let name = name.as_str();
            if passes(name) && !named.iter().any(|dropped| dropped.eq_ignore_ascii_case(name)) {
                headers.append(header_name(name)?, header_value(value.as_bytes())?);
            }
        }
        self.add_identity(&mut headers)?;
        self.add_trace(&mut headers);
        self.add_origin(&mut headers)?;
        Ok(headers)
    }

    fn add_identity(&self, headers: &mut HeaderMap) -> Result<(), Problem> {
        if let Some(identity) = self.identity {
            headers.insert(http::header::AUTHORIZATION, identity.authorization.clone());
        } else if self.rule.authentication == Authentication::Foreign
            && let Some(value) = self.client.headers().get(header::AUTHORIZATION)
        {
            headers.insert(http::header::AUTHORIZATION, header_value(value.as_bytes())?);
        }
        Ok(())
    }

    /// Our span becomes the parent; where nothing is traced the client's own context goes on.
    fn add_trace(&self, headers: &mut HeaderMap) {
        let ours = telemetry::current_traceparent().and_then(|value| HeaderValue::try_from(value).ok());
        let theirs = || HeaderValue::from_bytes(self.client.headers().get("traceparent")?.as_bytes()).ok();
        if let Some(traceparent) = ours.or_else(theirs) {
            headers.insert(TRACE_PARENT, traceparent);
        }
    }

    fn add_origin(&self, headers: &mut HeaderMap) -> Result<(), Problem> {
        if let Some(address) = self.address {
            headers.insert(FORWARDED_FOR, header_value(address.to_string().as_bytes())?);
        }
        let scheme = if self.public_url.starts_with("https://") { "https" } else { "http" };
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static(scheme));
        if let Some(host) = self.client.headers().get(header::HOST) {
            headers.insert(FORWARDED_HOST, header_value(host.as_bytes())?);
        }
        headers.insert(http::header::VIA, via(self.client.version()));
        Ok(())
    }
}

/// RFC 9110 section 7.6.3: by which version the request came here.
fn via(version: Version) -> HeaderValue {
    HeaderValue::from_static(if version == Version::HTTP_10 { "1.0 roomtone" } else { "1.1 roomtone" })
}

/// What the client named in `Connection` was for us alone.
fn connection_names(client: &ClientHeaders) -> Vec<&str> {
    let values = client.get_all(header::CONNECTION).filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).collect()
}

/// An answer's headers, without those that were meant for us. Who may read it across origins is ours to say.
pub fn copy_answer(answer: &HeaderMap, headers: &mut ClientHeaders) {
    let connection = answer.get_all(http::header::CONNECTION).into_iter().filter_map(|value| value.to_str().ok());
    let named: Vec<&str> = connection.flat_map(|value| value.split(',')).map(str::trim).collect();
    for (name, value) in answer {
        let text = name.as_str();
        let ours = matches!(text, "content-length" | "x-request-id") || text.starts_with("access-control-");
        if ours || HOP_BY_HOP.contains(&text) || named.iter().any(|dropped| dropped.eq_ignore_ascii_case(text)) {
            continue;
        }
        let name = header::HeaderName::from_bytes(name.as_str().as_bytes());
        let value = header::HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
}

fn header_name(name: &str) -> Result<HeaderName, Problem> {
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| malformed())
}

fn header_value(value: &[u8]) -> Result<HeaderValue, Problem> {
    HeaderValue::from_bytes(value).map_err(|_| malformed())
}

fn malformed() -> Problem {
    Problem::bad_request("malformed_header", "A header of the request cannot be read.")
}

#[cfg(test)]
mod tests;
