//! What a client says about itself and its way here never reaches a service. The table of spellings is with the code;
//! here the same is seen from outside.

use serde_json::Value;

use crate::behind::Behind;

fn header<'a>(answer: &'a Value, name: &str) -> Vec<&'a str> {
    let values = answer["headers"].get(name).and_then(Value::as_array);
    values.map(|values| values.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_headers_are_removed_and_never_a_reason_to_refuse() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let mut request = gateway.get("/api/studios");
    let forged = [
        "X-User-Id",
        "x_user_id",
        "X-Roomtone-User",
        "x_roomtone_companies",
        "Forwarded",
        "X-Forwarded-For",
        "X_Forwarded_For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Real-IP",
        "x_real_ip",
        "X-Internal-Token",
        "X-Platform-Role",
        "X-Client-IP",
        "True-Client-IP",
        "Via",
        "Proxy-Authorization",
        "X-Original-URL",
    ];
    for name in forged {
        request = request.header(name, "forged");
    }
    for filler in 0..60 {
        request = request.header(&format!("x-filler-{filler}"), "1");
    }
    let answer = request.send().await.expect(200);
    assert!(!answer.to_string().contains("forged"), "{answer}");
    assert_eq!(header(&answer, "x-forwarded-for"), ["127.0.0.1"]);
    assert_eq!(header(&answer, "x-forwarded-proto"), ["http"]);
    assert_eq!(header(&answer, "x-forwarded-host"), [gateway.url.strip_prefix("http://").unwrap()]);
    assert_eq!(header(&answer, "x-filler-59"), ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_names_its_request() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    for path in ["/api/studios", "/nowhere", "/internal/x", "/api/health", "/docs/", "/health/live"] {
        let answer = gateway.get(path).send().await;
        assert_eq!(answer.headers.get_all("x-request-id").iter().count(), 1, "{path}");
        assert_eq!(answer.headers["x-request-id"].len(), 32, "{path}");
    }
    let named = gateway.get("/api/studios").header("x-request-id", "abc-1").send().await;
    assert_eq!(named.headers["x-request-id"], "abc-1");
    assert_eq!(header(&named.json(), "x-request-id"), ["abc-1"]);
    for hostile in ["a b", &"x".repeat(200), "<script>", ""] {
        let answer = gateway.get("/api/studios").header("x-request-id", hostile).send().await;
        assert_eq!(answer.headers["x-request-id"].len(), 32, "{hostile}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_goes_on_behind_the_gateway() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let trace = "0af7651916cd43dd8448eb211c80319c";
    let parent = format!("00-{trace}-b7ad6b7169203331-01");
    let answer = gateway.get("/api/studios").header("traceparent", &parent).send().await.expect(200);
    let passed = header(&answer, "traceparent");
    assert_eq!(passed.len(), 1);
    assert!(passed[0].contains(trace), "{passed:?}");
}
