//! Rate limits with the values of production.

use std::time::Instant;

use testkit::{TestResponse, TestService, TestServiceBuilder};

use crate::behind::{Behind, Client};

fn limited(behind: &Behind) -> TestServiceBuilder<gateway::App> {
    behind.gateway().setting("rate_limits", "production")
}

/// Limited to 20 an hour, so that no token comes back while a test runs.
async fn register(gateway: &TestService) -> TestResponse {
    gateway.post("/api/auth/register").json(serde_json::json!({})).send().await
}

/// Sends until it is told to wait; as many as a minute allows and what has come back meanwhile is not refused.
async fn until_refused(per_minute: usize, send: impl AsyncFn(usize) -> TestResponse) -> TestResponse {
    let began = Instant::now();
    for sent in 0.. {
        let answer = send(sent).await;
        if answer.status == 429 {
            assert!(sent >= per_minute, "refused after {sent}");
            return answer;
        }
        let back = per_minute * usize::try_from(began.elapsed().as_secs() + 1).unwrap() / 60;
        assert!(sent <= per_minute + back, "{sent} were allowed");
    }
    unreachable!("it ends by one or the other")
}

fn header<'a>(answer: &'a TestResponse, name: &str) -> &'a str {
    answer.headers[name].to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_twenty_first_registration_of_an_address_within_an_hour_is_told_to_wait() {
    let behind = Behind::start();
    let gateway = limited(&behind).start().await;
    for left in (0..20).rev() {
        let answer = register(&gateway).await;
        assert_eq!(answer.status, 200);
        assert_eq!(header(&answer, "ratelimit-policy"), "\"sign_up\";q=20;w=3600");
        assert!(header(&answer, "ratelimit").starts_with(&format!("\"sign_up\";r={left};t=")));
    }
    let refused = register(&gateway).await;
    let secs: u64 = header(&refused, "retry-after").parse().unwrap();
    assert!((1..=180).contains(&secs), "a token comes back every three minutes, not in {secs} s");
    assert!(header(&refused, "ratelimit").starts_with("\"sign_up\";r=0;t="));
    assert_eq!(header(&refused, "ratelimit-policy"), "\"sign_up\";q=20;w=3600");
    refused.expect_problem(429, "too_many_requests");
    // Everything else goes on.
    gateway.get("/api/studios").send().await.expect(200);
    gateway.post("/api/auth/login").send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minutes_logins_of_an_address_are_twenty() {
    let behind = Behind::start();
    let gateway = limited(&behind).start().await;
    let refused = until_refused(20, async |_| gateway.post("/api/auth/login").send().await).await;
    assert_eq!(header(&refused, "ratelimit-policy"), "\"sign_in\";q=20;w=60");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_another_bucket_by_saying_so() {
    let behind = Behind::start();
    let gateway = limited(&behind).start().await;
    let mut allowed = 0;
    for attempt in 0..30 {
        let elsewhere = format!("203.0.113.{attempt}");
        let request = gateway.post("/api/auth/register").header("x-forwarded-for", &elsewhere);
        let request = request.header("forwarded", &format!("for={elsewhere}")).header("x-real-ip", &elsewhere);
        let token = behind.token(&gateway, Client::new());
        let answer = request.bearer(&token).json(serde_json::json!({})).send().await;
        allowed += u32::from(answer.status == 200);
    }
    assert_eq!(allowed, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_our_own_proxy_each_client_has_its_own() {
    let behind = Behind::start();
    let gateway = limited(&behind).setting("trusted_proxies", "127.0.0.1").start().await;
    let from = |address: String| gateway.post("/api/auth/register").header("x-forwarded-for", &address).send();
    for client in 0..30 {
        assert_eq!(from(format!("6.6.6.6, 203.0.113.{client}")).await.status, 200);
    }
    let mut last = 200;
    for attempt in 0..25 {
        last = from(format!("6.6.6.{attempt}, 203.0.113.1")).await.status.as_u16();
    }
    assert_eq!(last, 429, "what stands before our proxy's entry is the client's invention");
    let echo = gateway.get("/api/studios").header("x-forwarded-for", "6.6.6.6, 203.0.113.1").send().await.expect(200);
    assert_eq!(echo["headers"]["x-forwarded-for"], serde_json::json!(["203.0.113.1"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_have_limits_of_their_own_wherever_they_are() {
    let behind = Behind::start();
    let gateway = limited(&behind).start().await;
    let (busy, quiet) = (Client::new(), Client::new());
    let write = |token: String| gateway.post("/api/bookings").bearer(&token).send();
    let (busy, quiet) = (behind.token(&gateway, busy), behind.token(&gateway, quiet));
    let refused = until_refused(120, async |_| write(busy.clone()).await).await;
    assert_eq!(header(&refused, "ratelimit-policy"), "\"writes\";q=120;w=60");
    refused.expect_problem(429, "too_many_requests");
    gateway.get("/api/bookings/my").bearer(&busy).send().await.expect(200);
    write(quiet).await.expect(200);
    gateway.post("/api/bookings").send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_tokens_is_limited_too() {
    let behind = Behind::start();
    let gateway = limited(&behind).start().await;
    let guess = async |guess| gateway.post("/api/bookings").bearer(&format!("rtk_guess{guess}")).send().await;
    guess(1000).await.expect_problem(401, "invalid_api_key");
    until_refused(119, guess).await.expect_problem(429, "too_many_requests");
}

/// Whatever is tried and however the class is limited, auth hears of a bounded number of guesses.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_of_one_address_ask_auth_only_so_often() {
    let behind = Behind::start();
    let gateway = limited(&behind).start().await;
    let known = behind.token(&gateway, Client::new());
    gateway.get("/api/bookings/my").bearer(&known).send().await.expect(200);
    let (began, before) = (Instant::now(), behind.exchanges());
    let mut refused = 0;
    for batch in 0..18 {
        let guesses = (0..50).map(|guess| gateway.get("/api/studios").bearer(&format!("rtk_{batch}x{guess}")).send());
        let answers = futures_util::future::join_all(guesses).await;
        assert!(answers.iter().all(|answer| answer.status == 401 || answer.status == 429));
        refused += answers.iter().filter(|answer| answer.status == 429).count();
    }
    // The bucket fills with ten a second while it is emptied.
    let most = 600 + 10 * usize::try_from(began.elapsed().as_secs() + 1).unwrap();
    assert!(behind.exchanges() - before <= most, "{} questions", behind.exchanges() - before);
    assert!(refused >= 900 - most, "{refused} refused");
    gateway.get("/api/bookings/my").bearer(&known).send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_providers_busy_day_is_not_limited() {
    let behind = Behind::start();
    let gateway = limited(&behind).start().await;
    for _ in 0..200 {
        let answer = gateway.post("/webhooks/stripe").send().await;
        assert_eq!(answer.status, 200);
        assert!(!answer.headers.contains_key("ratelimit"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_development_nobody_reaches_a_limit() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    for _ in 0..60 {
        assert_eq!(register(&gateway).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn gateways_share_their_limits_in_redis_and_outlive_it() {
    let behind = Behind::start();
    let shared = || limited(&behind).setting("redis_url", &testkit::redis_url());
    // Others test with the same Redis from the same address: each run is a client of its own.
    let address = format!("2001:db8:{:x}:{:x}::1", rand_part(), rand_part());
    let from = async |gateway: &TestService| {
        gateway.post("/api/auth/password/reset").header("x-forwarded-for", &address).send().await.status.as_u16()
    };
    let trusting = shared().setting("trusted_proxies", "127.0.0.1");
    let (one, other) = (trusting.start().await, shared().setting("trusted_proxies", "127.0.0.1").start().await);
    testkit::eventually("both refuse", async || {
        let both = (from(&one).await, from(&other).await);
        (both == (429, 429)).then_some(())
    })
    .await;

    let nobody = testkit::free_address();
    let alone = limited(&behind).setting("redis_url", &format!("redis://{nobody}")).start().await;
    for _ in 0..20 {
        assert_eq!(register(&alone).await.status, 200, "without Redis the door stays open");
    }
    register(&alone).await.expect_problem(429, "too_many_requests");
}

fn rand_part() -> u16 {
    u16::from_be_bytes([kernel::new_uuid().as_bytes()[14], kernel::new_uuid().as_bytes()[15]])
}
