//! Paths, pages and the headers of answers.

use reqwest::Method;
use serde_json::Value;

use crate::behind::{Behind, Client};

#[tokio::test(flavor = "multi_thread")]
async fn paths_reach_their_service_as_they_were_sent() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    for (sent, path, query) in [
        ("/api/addresses", "/api/studios", ""),
        ("/api/addresses/std_1/rooms?limit=2", "/api/studios/std_1/rooms", "limit=2"),
        ("/api/studios/a%20b?x=%2F&y=%00", "/api/studios/a%20b", "x=%2F&y=%00"),
    ] {
        let answer = gateway.get(sent).send().await.expect(200);
        assert_eq!((answer["path"].as_str(), answer["query"].as_str()), (Some(path), Some(query)), "{sent}");
    }
    for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::POST] {
        let answer = gateway.request(method.clone(), "/api/studios/std_1").send().await.expect(200);
        assert_eq!(answer["method"], method.as_str());
    }
    let head = gateway.request(Method::HEAD, "/api/studios").send().await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_internal_and_nothing_unknown_is_reachable() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let token = behind.token(&gateway, Client::new());
    for path in [
        "/internal/identity-tokens",
        "/internal/service-tokens",
        "/internal/users/usr_1",
        "/%69nternal/users/usr_1",
        "//internal/users/usr_1",
        "/api/auth/%2e%2e/%2e%2e/internal/users/usr_1",
        "/api/auth/%6cogin",
        "/api/auth/password/%66orgot",
        "/api/addresses/%73earch",
        "/api/unknown",
        "/",
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = gateway.request(method, path).bearer(&token).send().await;
            answer.expect_problem(404, "not_found");
        }
    }
    assert_eq!(behind.exchanges(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_ask_for_the_platforms_health_each_service_is_asked_once() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let began = std::time::Instant::now();
    let answers = futures_util::future::join_all((0..100).map(|_| gateway.get("/api/health").send())).await;
    let rounds = usize::try_from(began.elapsed().as_secs() + 1).unwrap();
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert!(behind.probes() <= 7 * rounds, "{} probes in {rounds} s", behind.probes());
    behind.set_ready(false);
    testkit::eventually("what was found is not told for long", async || {
        (gateway.get("/api/health").send().await.status == 503).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn production_has_no_sandbox_and_says_so_by_404() {
    let behind = Behind::start();
    let production = behind
        .gateway()
        .setting("env", "production")
        .setting("public_url", "https://roomtone.example")
        .setting("trusted_proxies", "none")
        .setting("service_secret", &"s".repeat(40))
        .start()
        .await;
    for path in ["/sandbox/mailbox", "/sandbox/clock", "/checkout/cs_1", "/stripe/v1/charges", "/metrics"] {
        production.get(path).send().await.expect_problem(404, "not_found");
    }
    let answer = production.get("/api/studios").send().await;
    assert!(answer.headers.contains_key("strict-transport-security"));
    assert_eq!(answer.json()["headers"]["x-forwarded-proto"][0], "https");
    let development = behind.gateway().start().await;
    let passed =
        development.get("/stripe/v1/charges").header("authorization", "Bearer sk_test_1").send().await.expect(200);
    assert_eq!(passed["headers"]["authorization"][0], "Bearer sk_test_1", "the sandbox reads providers' keys");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_safe_to_show_and_hop_by_hop_headers_stay_behind() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let answer = gateway.get("/api/studios").send().await;
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert!(!answer.headers.contains_key("keep-alive"));
    let problem = gateway.get("/api/unknown").send().await;
    assert_eq!(problem.headers["x-content-type-options"], "nosniff");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_known_origins_may_call_and_others_not() {
    let behind = Behind::start();
    let gateway =
        behind.gateway().setting("cors_origins", "https://app.example.com, http://localhost:5173").start().await;
    let preflight = |origin: &str| {
        let request = gateway.request(Method::OPTIONS, "/api/bookings").header("origin", origin);
        request.header("access-control-request-method", "POST").send()
    };
    let allowed = preflight("http://localhost:5173").await;
    assert_eq!(allowed.status, 204);
    assert_eq!(allowed.headers["access-control-allow-origin"], "http://localhost:5173");
    assert!(allowed.headers["access-control-allow-headers"].to_str().unwrap().contains("idempotency-key"));
    preflight("https://evil.example").await.expect_problem(403, "origin_not_allowed");
    for path in ["/api/studios", "/api/health"] {
        let read = gateway.get(path).header("origin", "https://app.example.com").send().await;
        assert_eq!(read.headers["access-control-allow-origin"], "https://app.example.com", "{path}");
        let stranger = gateway.get(path).header("origin", "https://evil.example").send().await;
        assert!(!stranger.headers.contains_key("access-control-allow-origin"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_health_of_the_platform_names_what_is_missing() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let fine = gateway.get("/api/health").send().await.expect(200);
    assert_eq!((fine["status"].as_str(), fine["services"]["ledger"]["status"].as_str()), (Some("ok"), Some("ok")));
    behind.set_ready(false);
    let failed = async |cause: &str| {
        let asked = format!("{cause} is what fails");
        testkit::eventually(&asked, async || {
            let health = gateway.get("/api/health").send().await;
            let found = health.json();
            (health.status == 503 && found["services"]["booking"]["failed"] == cause).then_some(found)
        })
        .await
    };
    failed("database").await;
    behind.stop().await;
    let gone = failed("no answer").await;
    assert_eq!(gone["services"]["gateway"]["status"], "ok", "keys at hand are enough");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_is_described_without_anything_from_outside() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let document: Value = gateway.get("/api/openapi.json").send().await.expect(200);
    assert_eq!(document["info"]["title"], "Roomtone");
    let internal = document["paths"].as_object().unwrap().keys().find(|path| path.contains("/internal"));
    assert_eq!(internal, None);
    let page = gateway.get("/docs/").send().await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("https://") && page.text.contains("swagger"), "{}", page.text);
    assert_eq!(gateway.get("/docs").send().await.status, 200, "redirected");
    let start = gateway.get("/docs/swagger-initializer.js").send().await;
    assert!(start.text.contains("/api/openapi.json"), "{}", start.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_at_the_hosts_of_the_api_need_no_prefix() {
    let behind = Behind::start();
    let gateway = behind.gateway().setting("public_url", "http://roomtone.example").start().await;
    let ask = |host: &str, path: &str| gateway.get(path).header("host", host).send();
    for (host, sent, path) in [
        ("api.roomtone.example", "/studios/a?limit=1", "/api/studios/a"),
        ("api.roomtone.example", "/api/studios/a", "/api/studios/a"),
        ("API.roomtone.example:8080", "/addresses/a", "/api/studios/a"),
        ("api.roomtone.example", "/.well-known/other-than-jwks", ""),
        ("roomtone.example", "/studios/a", ""),
        ("api.roomtone.example", "/internal/users", ""),
    ] {
        let answer = ask(host, sent).await;
        if path.is_empty() {
            answer.expect_problem(404, "not_found");
        } else {
            assert_eq!(answer.expect(200)["path"], path, "{host} {sent}");
        }
    }
    assert_eq!(ask("api.roomtone.example", "/health").await.expect(200)["status"], "ok");
    assert_eq!(ask("api.roomtone.example", "/openapi.json").await.expect(200)["info"]["title"], "Roomtone");
    let stored = ask("api.roomtone.example", "/studios").await;
    assert_eq!(stored.headers["cache-control"], "no-store", "data, whatever its path is called");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_on_the_gateways_own_pages_is_told_the_right_ones() {
    let behind = Behind::start();
    let gateway = behind.gateway().setting("public_url", "http://roomtone.example").start().await;
    for path in ["/api/health", "/api/openapi.json", "/docs", "/docs/index.html", "/health/live", "/health/ready"] {
        for method in [Method::POST, Method::DELETE, Method::OPTIONS] {
            let answer = gateway.request(method, path).send().await;
            assert_eq!(answer.headers.get("allow").map(|allow| allow.as_bytes()), Some(&b"GET, HEAD"[..]), "{path}");
            answer.expect_problem(405, "method_not_allowed");
        }
    }
    for path in ["/api/health", "/api/openapi.json", "/health/live", "/health/ready"] {
        let head = gateway.request(Method::HEAD, path).send().await;
        assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""), "{path}");
    }
    let named = gateway.request(Method::POST, "/health").header("host", "api.roomtone.example").send().await;
    named.expect_problem(405, "method_not_allowed");
    gateway.post("/api/unknown").send().await.expect_problem(404, "not_found");
}

/// A proxy that keeps the world from them compares paths as they were sent.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_operators_answer_to_their_very_paths_only() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    assert_eq!(gateway.get("/metrics").send().await.status, 200);
    for path in ["/%6detrics", "/metric%73", "//metrics", "/health/%72eady", "/%68ealth/live", "/health//live"] {
        gateway.get(path).send().await.expect_problem(404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_with_an_address_of_their_own_are_nowhere_else() {
    let behind = Behind::start();
    let address = testkit::free_address().to_string();
    let gateway = behind.gateway().setting("gateway_metrics_bind", &address).start().await;
    gateway.get("/metrics").send().await.expect_problem(404, "not_found");
    let own = |path: &str| gateway.client.get(format!("http://{address}{path}")).send();
    assert_eq!(own("/metrics").await.unwrap().status(), 200);
    assert_eq!(own("/api/health").await.unwrap().status(), 404);
    gateway.stop().await;
    assert!(reqwest::get(format!("http://{address}/metrics")).await.is_err(), "it ends with the gateway");
}
