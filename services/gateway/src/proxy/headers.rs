//! Which headers pass the door. What says who a client is, where it comes from or by what name it called is ours to
//! say: whatever a client sent of the kind is removed, in every spelling (servers read `X_User_Id` like `X-User-Id`).

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderMap as ClientHeaders},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use problem::Problem;

use super::client_address;
use crate::{
    identity::Identity,
    routes::table::{self, Rule},
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
    pub public_url: &'r str,
}

impl RequestHead<'_> {
    pub fn request<B>(&self, body: B) -> Result<Request<B>, Problem> {
        let mut request = Request::new(body);
        // Both libraries know the same methods: whatever one has read the other takes.
        *request.method_mut() = Method::from_bytes(self.client.method().as_str().as_bytes()).unwrap_or_default();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers()?;
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
        } else if self.rule.identity == table::Identity::Foreign
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
        if let Some(address) = client_address(self.client) {
            headers.insert(FORWARDED_FOR, header_value(address.ip().to_string().as_bytes())?);
        }
        let scheme = if self.public_url.starts_with("https://") { "https" } else { "http" };
        headers.insert(FORWARDED_PROTO, HeaderValue::from_static(scheme));
        if let Some(host) = self.client.headers().get(header::HOST) {
            headers.insert(FORWARDED_HOST, header_value(host.as_bytes())?);
        }
        Ok(())
    }
}

/// What the client named in `Connection` was for us alone.
fn connection_names(client: &ClientHeaders) -> Vec<&str> {
    let values = client.get_all(header::CONNECTION).filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim).collect()
}

/// An answer's headers, without those that were meant for us.
pub fn copy_answer(answer: &HeaderMap, headers: &mut ClientHeaders) {
    for (name, value) in answer {
        let dropped = HOP_BY_HOP.contains(&name.as_str()) || matches!(name.as_str(), "content-length" | "x-request-id");
        if dropped {
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
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn upstream(request: TestRequest, identity: Option<&str>) -> HeaderMap {
        let request = request.peer_addr("192.0.2.7:5000".parse().unwrap()).to_http_request();
        let rule = table::find("/api/studios", service_kit::Environment::Production).unwrap();
        let identity =
            identity.map(|token| Identity { user_id: kernel::UserId::new(), authorization: token.parse().unwrap() });
        let uri = Uri::from_static("http://upstream/api/studios");
        let head =
            RequestHead { client: &request, uri: &uri, rule, identity: identity.as_ref(), public_url: "https://x" };
        head.headers().unwrap()
    }

    /// One row for each header that a client might use to be somebody else.
    #[test]
    fn forged_identity_and_forwarding_headers_are_removed_in_every_spelling() {
        let forged = [
            "X-User-Id",
            "x_user_id",
            "X-USER_ID",
            "X-User",
            "X-User-Role",
            "X-Users",
            "X_Roomtone_User",
            "X-Roomtone-Identity",
            "X-Roomtone_Companies",
            "Forwarded",
            "X-Forwarded-For",
            "X_Forwarded_For",
            "x-forwarded_for",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "X-Forwarded-Port",
            "X-Forwarded-Prefix",
            "X-Forwarded",
            "X-Real-IP",
            "X_Real_Ip",
            "X-Client-IP",
            "Client-IP",
            "client_ip",
            "True-Client-IP",
            "CF-Connecting-IP",
            "X-Cluster-Client-IP",
            "X-Original-URL",
            "X-Original-Forwarded-For",
            "X-Rewrite-URL",
            "X-HTTP-Method-Override",
            "X-Internal-Token",
            "x_internal_service",
            "X-Service-Token",
            "X-Auth-User",
            "X-Authenticated-Userid",
            "X-Role",
            "X-Roles",
            "X-Platform-Role",
            "X-Company-Id",
            "X-Tenant-Id",
            "X-Session-Id",
            "X-Scopes",
            "X-Identity",
            "X-Principal",
            "X-Remote-User",
            "Remote-User",
            "remote_user",
            "X-Consumer-Username",
            "X-Email",
            "Via",
            "Proxy-Authorization",
            "proxy_authorization",
            "Authorization",
            "te",
            "Upgrade",
            "Keep-Alive",
            "Transfer_Encoding",
            "content_length",
        ];
        for name in forged {
            let mut request = TestRequest::get().insert_header((name, "forged"));
            for filler in 0..120 {
                request = request.insert_header((format!("x-filler-{filler}"), "1"));
            }
            let headers = upstream(request.append_header((name, "forged again")), None);
            let kept: Vec<_> = headers.iter().filter(|(_, value)| value.as_bytes().starts_with(b"forged")).collect();
            assert!(kept.is_empty(), "{name}: {kept:?}");
            assert!(headers.contains_key("x-filler-119"));
        }
    }

    #[test]
    fn ordinary_headers_pass_with_all_their_values() {
        let names = [
            "Accept",
            "Accept-Language",
            "Content-Type",
            "Content-Encoding",
            "Cookie",
            "Idempotency-Key",
            "If-None-Match",
            "Origin",
            "Range",
            "Stripe-Signature",
            "X-Square-HmacSha256-Signature",
            "Paypal-Transmission-Id",
            "User-Agent",
            "X-Request-Id",
            "X-Requested-With",
            "tracestate",
            "x-custom_header",
        ];
        for name in names {
            let headers = upstream(TestRequest::get().append_header((name, "a")).append_header((name, "b")), None);
            assert_eq!(headers.get_all(name).iter().count(), 2, "{name}");
        }
    }

    #[test]
    fn services_are_told_who_asks_and_from_where_by_us() {
        let request = TestRequest::get()
            .insert_header(("Host", "roomtone.example"))
            .insert_header(("Authorization", "Bearer access"))
            .insert_header(("Connection", "close, X-Hop"))
            .insert_header(("X-Hop", "1"));
        let headers = upstream(request, Some("Bearer internal"));
        for (name, value) in [
            ("authorization", "Bearer internal"),
            ("x-forwarded-for", "192.0.2.7"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "roomtone.example"),
        ] {
            assert_eq!(headers.get_all(name).iter().collect::<Vec<_>>(), [value], "{name}");
        }
        for name in ["connection", "x-hop", "host"] {
            assert!(!headers.contains_key(name), "{name}");
        }
    }

    /// A client cannot have our own headers dropped by calling them hop-by-hop.
    #[test]
    fn connection_cannot_name_away_what_we_add() {
        let request = TestRequest::get().insert_header(("Connection", "authorization, x-forwarded-for"));
        let headers = upstream(request, Some("Bearer internal"));
        assert!(headers.contains_key("authorization") && headers.contains_key("x-forwarded-for"));
    }
}
