use actix_web::test::TestRequest;

use super::*;
use crate::{
    identity::{Credential, Owner},
    routes::table,
};

fn upstream(request: TestRequest, identity: Option<&str>) -> HeaderMap {
    let request = request.to_http_request();
    let rule = table::find("/api/studios", service_kit::Environment::Production).unwrap();
    let identity = identity.map(|token| Identity {
        credential: Credential::Session(kernel::SessionId::new()),
        owner: Owner::User(kernel::UserId::new()),
        authorization: token.parse().unwrap(),
        limited_as: "somebody".into(),
    });
    let uri = Uri::from_static("http://upstream/api/studios");
    let head = RequestHead {
        client: &request,
        uri: &uri,
        rule,
        identity: identity.as_ref(),
        address: Some("192.0.2.7".parse().unwrap()),
        public_url: "https://x",
        time_limit: Duration::from_secs(30),
    };
    head.request((), head.time_limit).unwrap().headers().clone()
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
        "X-Roomtone-Timeout-Ms",
        "x_roomtone_timeout_ms",
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
        ("via", "1.1 roomtone"),
        ("x-roomtone-timeout-ms", "30000"),
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

#[test]
fn an_answers_hop_by_hop_headers_stay_here_and_no_service_opens_it_to_other_origins() {
    let mut answer = HeaderMap::new();
    for (name, value) in [
        ("connection", "close, X-Hop"),
        ("x-hop", "1"),
        ("keep-alive", "timeout=5"),
        ("access-control-allow-origin", "*"),
        ("access-control-allow-credentials", "true"),
        ("etag", "\"1\""),
        ("set-cookie", "a"),
        ("set-cookie", "b"),
    ] {
        answer.append(name, HeaderValue::from_static(value));
    }
    let mut headers = ClientHeaders::new();
    copy_answer(&answer, &mut headers);
    let mut names: Vec<&str> = headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["etag", "set-cookie", "set-cookie"]);
}
