//! The host `api.<domain>`, whose paths need no `/api`.

use std::borrow::Cow;

use actix_web::{HttpRequest, http::header};
use problem::Problem;

/// Paths that mean the same on every host.
const AS_THEY_ARE: [&str; 4] = ["/api/", "/webhooks/", "/.well-known/", "/internal"];

/// The path and query as the table of routes knows them.
pub fn canonical_target<'r>(request: &'r HttpRequest, api_host: &str) -> Cow<'r, str> {
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if !is_host(host, api_host) || AS_THEY_ARE.iter().any(|prefix| target.starts_with(prefix)) {
        return Cow::Borrowed(target);
    }
    Cow::Owned(format!("/api{target}"))
}

/// A `Host` header with or without a port; names are the same in any case.
fn is_host(header: &str, name: &str) -> bool {
    header.split(':').next().unwrap_or_default().trim_end_matches('.').eq_ignore_ascii_case(name)
}

/// A request whose target names another host than its `Host` header is meant to confuse somebody: a proxy must read
/// the one and others read the other (RFC 9112 section 3.2.2).
pub fn refuse_two_hosts(request: &HttpRequest) -> Result<(), Problem> {
    let Some(authority) = request.uri().authority() else { return Ok(()) };
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if host.is_some_and(|host| host.eq_ignore_ascii_case(authority.as_str())) {
        return Ok(());
    }
    Err(Problem::bad_request("two_hosts", "The request names two hosts."))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn paths_of_the_api_host_need_no_api() {
        for (host, uri, target) in [
            ("api.roomtone.example", "/bookings?limit=1", "/api/bookings?limit=1"),
            ("API.Roomtone.Example:8443", "/bookings", "/api/bookings"),
            ("api.roomtone.example.", "/bookings", "/api/bookings"),
            ("api.roomtone.example", "/api/bookings", "/api/bookings"),
            ("api.roomtone.example", "/apiary", "/api/apiary"),
            ("api.roomtone.example", "/webhooks/stripe", "/webhooks/stripe"),
            ("api.roomtone.example", "/.well-known/jwks.json", "/.well-known/jwks.json"),
            ("api.roomtone.example", "/internal/users", "/internal/users"),
            ("api.roomtone.example", "/", "/api/"),
            ("roomtone.example", "/bookings", "/bookings"),
            ("api.roomtone.example.evil.example", "/bookings", "/bookings"),
            ("xapi.roomtone.example", "/bookings", "/bookings"),
        ] {
            let request = TestRequest::with_uri(uri).insert_header(("Host", host)).to_http_request();
            assert_eq!(canonical_target(&request, "api.roomtone.example"), target, "{host} {uri}");
        }
    }

    #[test]
    fn a_request_names_one_host() {
        for (host, uri, fine) in [
            ("roomtone.example", "/x", true),
            ("roomtone.example", "http://roomtone.example/x", true),
            ("roomtone.example", "http://evil.example/x", false),
            ("roomtone.example", "http://roomtone.example:81/x", false),
        ] {
            let request = TestRequest::with_uri(uri).insert_header(("Host", host)).to_http_request();
            assert_eq!(refuse_two_hosts(&request).is_ok(), fine, "{host} {uri}");
        }
    }
}
