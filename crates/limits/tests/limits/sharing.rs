//! Several processes, and a Redis that is away.

use std::net::TcpListener;

use limits::{Limits, Quota};
use service_kit::Source;

fn limits(redis_url: &str) -> Limits {
    limits_within(redis_url, "100")
}

/// With another time limit for Redis, in milliseconds: on a busy machine an answer may take its time.
fn limits_within(redis_url: &str, timeout_ms: &str) -> Limits {
    let settings = [
        ("env", "development"),
        ("rate_limits", "production"),
        ("redis_url", redis_url),
        ("redis_timeout_ms", timeout_ms),
    ];
    Limits::from_source(&Source::from_pairs(settings).unwrap()).unwrap()
}

fn patient() -> Limits {
    limits_within(&testkit::redis_url(), "20000")
}

/// Counts in memory until the connection stands.
async fn connected(limits: Limits) -> Limits {
    let quota = Quota::per_hour("sharing_probe", 1);
    let probe = kernel::new_uuid().to_string();
    let other = patient();
    testkit::eventually("both count in Redis", || async {
        let client = format!("{probe}-{}", kernel::new_uuid());
        limits.take(&quota, &client).await;
        (!other.take(&quota, &client).await.allowed).then_some(())
    })
    .await;
    limits
}

#[tokio::test]
async fn processes_share_a_limit() {
    let (one, other) = (connected(patient()).await, connected(patient()).await);
    let (quota, client) = (Quota::per_hour("sharing", 4), kernel::new_uuid().to_string());
    for process in [&one, &other, &one, &other] {
        assert!(process.take(&quota, &client).await.allowed);
    }
    assert!(!one.take(&quota, &client).await.allowed);
    assert!(!other.take(&quota, &client).await.allowed);
}

#[tokio::test]
async fn without_redis_each_process_counts_for_itself_and_nobody_waits() {
    let limits = limits(&format!("redis://{}", testkit::free_address()));
    let quota = Quota::per_hour("sharing_alone", 3);
    let began = std::time::Instant::now();
    for expected in [true, true, true, false, false] {
        assert_eq!(limits.take(&quota, "somebody").await.allowed, expected);
    }
    assert!(began.elapsed().as_millis() < 900, "one wait at most: {:?}", began.elapsed());
}

/// A Redis that takes connections and says nothing is worse than none.
#[tokio::test]
async fn a_silent_redis_holds_a_request_once_and_only_shortly() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let limits = limits(&format!("redis://{}", silent.local_addr().unwrap()));
    let quota = Quota::per_hour("sharing_silent", 3);
    let began = std::time::Instant::now();
    for expected in [true, true, true, false] {
        assert_eq!(limits.take(&quota, "somebody").await.allowed, expected);
    }
    assert!(began.elapsed().as_millis() < 900, "{:?}", began.elapsed());
}

#[tokio::test]
async fn development_never_reaches_a_limit() {
    let source = Source::from_pairs([("env", "development")]).unwrap();
    let limits = Limits::from_source(&source).unwrap();
    let quota = limits.effective(Quota::per_minute("sharing_relaxed", 5));
    for _ in 0..10_000 {
        assert!(limits.take(&quota, "somebody").await.allowed);
    }
    assert!(Limits::from_source(&Source::from_pairs([("rate_limits", "none")]).unwrap()).is_err());
}
