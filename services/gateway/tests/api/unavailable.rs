//! Services that are away, slow, or break off.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use reqwest::Method;

use crate::behind::{Behind, Client};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_away_is_503_and_back_when_it_is_back() {
    let behind = Behind::start();
    let address = testkit::free_address();
    let booking = Behind::start_on(address);
    let gateway = behind.gateway().setting("booking_url", &booking.url).start().await;
    gateway.get("/api/studios").send().await.expect(200);
    booking.stop().await;
    for method in [Method::GET, Method::POST] {
        let answer = gateway.request(method, "/api/studios").send().await;
        assert_eq!(answer.headers["retry-after"], "1");
        answer.expect_problem(503, "upstream_unavailable");
    }
    gateway.get("/api/wallets/me").send().await.expect(200);
    let _back = Behind::start_on(address);
    gateway.get("/api/studios").send().await.expect(200);
    gateway.post("/api/studios").send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_auth_known_sessions_go_on_and_new_ones_are_told_to_wait() {
    let behind = Behind::start();
    let auth = Behind::start();
    let gateway = behind.gateway().setting("auth_url", &auth.url).start().await;
    let known = auth.token(&gateway, Client::new());
    gateway.get("/api/bookings/my").bearer(&known).send().await.expect(200);
    auth.stop().await;
    gateway.get("/api/bookings/my").bearer(&known).send().await.expect(200);
    let unknown = auth.token(&gateway, Client::new());
    let answer = gateway.get("/api/bookings/my").bearer(&unknown).send().await;
    assert_eq!((answer.status.as_u16(), answer.headers["retry-after"].to_str().unwrap()), (503, "1"));
    gateway.get("/api/studios").send().await.expect(200);
}

/// A server that reads each request and then closes without a word.
fn broken() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(AtomicUsize::new(0));
    let counter = requests.clone();
    std::thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let mut buffer = [0; 4096];
            let read = connection.read(&mut buffer).unwrap_or(0);
            // Counted while the connection is still open: whoever sees it close may look at once.
            counter.fetch_add(usize::from(read > 0), Ordering::SeqCst);
        }
    });
    (url, requests)
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_does_no_harm_is_sent_twice() {
    let behind = Behind::start();
    let (url, requests) = broken();
    let gateway = behind.gateway().setting("booking_url", &url).start().await;
    gateway
        .post("/api/bookings")
        .raw("application/json", "{}")
        .send()
        .await
        .expect_problem(503, "upstream_unavailable");
    assert_eq!(requests.load(Ordering::SeqCst), 1, "nobody books twice");
    gateway.get("/api/bookings/my").send().await.expect_problem(503, "upstream_unavailable");
    assert_eq!(requests.load(Ordering::SeqCst), 3, "reading twice does no harm");
    let keyed = |path| gateway.post(path).idempotency_key("once").raw("application/json", "{}").send();
    keyed("/api/bookings").await.expect_problem(503, "upstream_unavailable");
    assert_eq!(requests.load(Ordering::SeqCst), 5, "nor does a key, where the service keeps it");
    keyed("/api/bookings/bkg_1/cancel").await.expect_problem(503, "upstream_unavailable");
    keyed("/api/rooms/rom_1/prices").await.expect_problem(503, "upstream_unavailable");
    assert_eq!(requests.load(Ordering::SeqCst), 7, "elsewhere it promises nothing");
}

/// Nothing was sent, so nothing can happen twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_found_no_connection_is_tried_again() {
    let behind = Behind::start();
    let nobody = testkit::free_address();
    // No other test of this process has webhook's requests repeated.
    let gateway = behind.gateway().setting("webhook_url", &format!("http://{nobody}")).start().await;
    gateway.post("/webhooks/stripe").raw("text/plain", "x").send().await.expect_problem(503, "upstream_unavailable");
    let metrics = gateway.get("/metrics").send().await.text;
    assert!(metrics.contains("gateway_retries_total{upstream=\"webhook\"} 1"), "{metrics}");
}

/// A service that takes connections and reads nothing is as dead as one that answers nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_read_its_uploads_is_given_up() {
    let behind = Behind::start();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let gateway = behind
        .gateway()
        .setting("booking_url", &url)
        .setting("gateway_idle_secs", "1")
        .setting("gateway_time_limit_secs", "1")
        .setting("gateway_upload_limit", "100000000")
        .start()
        .await;
    let uploads = (0..5).map(|_| {
        let chunks = futures_util::stream::iter(0..1000).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 64 * 1024]));
        // The connection may be closed before the client has read the answer.
        tokio::spawn(gateway.post("/api/photos").raw("text/plain", reqwest::Body::wrap_stream(chunks)).send())
    });
    for answer in futures_util::future::join_all(uploads).await.into_iter().flatten() {
        answer.expect_problem(504, "upstream_timeout");
    }
    let answers = futures_util::future::join_all((0..5).map(|_| gateway.get("/api/studios").send())).await;
    let refused = answers.iter().filter(|answer| answer.status == 503).count();
    assert!(refused >= 4, "the breaker is open: {refused} of 5 refused at once");
}

/// A client that breaks off its uploads must not have the service taken for dead.
#[tokio::test(flavor = "multi_thread")]
async fn clients_that_break_off_do_not_open_the_breaker() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let address = gateway.url.strip_prefix("http://").unwrap();
    for _ in 0..8 {
        let mut upload = std::net::TcpStream::connect(address).unwrap();
        let head = "POST /api/photos HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n";
        upload.write_all(head.as_bytes()).unwrap();
        upload.write_all(&[b'x'; 1000]).unwrap();
    }
    for _ in 0..8 {
        let chunks = futures_util::stream::iter(0..64).map(|_| Ok::<_, std::io::Error>(vec![b'x'; 64 * 1024]));
        let upload = gateway.post("/api/photos").raw("text/plain", reqwest::Body::wrap_stream(chunks));
        upload.send().await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_service_is_refused_at_once_and_costs_the_others_nothing() {
    let behind = Behind::start();
    // Connections are taken by the machine and never looked at: the worst way to be dead.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let gateway = behind.gateway().setting("booking_url", &url).setting("gateway_time_limit_secs", "1").start().await;
    let asked: Vec<_> = (0..5).map(|_| tokio::spawn(gateway.get("/api/studios").send())).collect();
    for answer in asked {
        answer.await.unwrap().expect_problem(504, "upstream_timeout");
    }
    // At most one probe in half a second has to wait for the time limit.
    let began = Instant::now();
    let refused = (0..20).map(|_| gateway.post("/api/studios").send());
    let answers = futures_util::future::join_all(refused).await;
    let at_once = answers.iter().filter(|answer| answer.status == 503).count();
    assert!(at_once >= 17, "{at_once} of 20 refused at once, within {:?}", began.elapsed());
    assert_eq!(answers.iter().find(|answer| answer.status == 503).unwrap().headers["retry-after"], "1");

    let dead = (0..50).map(|_| gateway.post("/api/studios").send());
    let alive = async {
        let began = Instant::now();
        for _ in 0..50 {
            gateway.get("/api/wallets/me").send().await.expect(200);
        }
        began.elapsed()
    };
    let (_, took) = tokio::join!(futures_util::future::join_all(dead), alive);
    assert!(took < Duration::from_secs(5), "the others took {took:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn services_are_told_how_long_they_may_take() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let told = gateway.get("/api/studios").header("x-roomtone-timeout-ms", "1").send().await.expect(200);
    assert_eq!(told["headers"]["x-roomtone-timeout-ms"], serde_json::json!(["30000"]));
    let told = gateway.get("/api/reports/sales").send().await.expect(200);
    assert_eq!(told["headers"]["x-roomtone-timeout-ms"], serde_json::json!(["60000"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_never_answers_is_given_up() {
    let behind = Behind::start();
    // Connections are taken by the machine and never looked at.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let gateway = behind.gateway().setting("booking_url", &url).setting("gateway_time_limit_secs", "1").start().await;
    gateway.get("/api/studios").send().await.expect_problem(504, "upstream_timeout");
}

/// An answer that ends too early must not look like a whole one.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_breaks_off_for_the_client() {
    let behind = Behind::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 4096]);
            let _ = connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
        }
    });
    let gateway = behind.gateway().setting("booking_url", &url).start().await;
    let answer = gateway.client.get(format!("{}/api/studios", gateway.url)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_needs_auths_keys_and_comes_back_with_them() {
    let address = testkit::free_address();
    let behind = Behind::start_on(address);
    behind.stop().await;
    let gateway = behind.gateway().start().await;
    gateway.get("/health/live").send().await.expect(200);
    gateway.get("/health/ready").send().await.expect(503);
    let _back = Behind::start_on(address);
    gateway.get("/health/ready").send().await.expect(200);
}
