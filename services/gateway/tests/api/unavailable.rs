//! Services that are away, slow, or break off.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use reqwest::Method;

use crate::behind::{Behind, Client};

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_away_is_503_and_back_when_it_is_back() {
    let behind = Behind::start();
    let booking = Behind::start();
    let gateway = behind.gateway().setting("booking_url", &booking.url).start().await;
    gateway.get("/api/studios").send().await.expect(200);
    booking.stop().await;
    for method in [Method::GET, Method::POST] {
        let answer = gateway.request(method, "/api/studios").send().await;
        assert_eq!(answer.headers["retry-after"], "1");
        answer.expect_problem(503, "upstream_unavailable");
    }
    gateway.get("/api/wallets/me").send().await.expect(200);
    let _back = Behind::start_on(booking.url.strip_prefix("http://").unwrap());
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
        for connection in listener.incoming() {
            let mut buffer = [0; 4096];
            let read = connection.and_then(|mut connection| connection.read(&mut buffer)).unwrap_or(0);
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
    assert_eq!(requests.load(Ordering::SeqCst), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_never_answers_is_given_up() {
    let behind = Behind::start();
    // Connections are taken by the machine and never looked at.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let gateway =
        behind.gateway().setting("booking_url", &url).setting("gateway_upstream_timeout_secs", "1").start().await;
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
    let behind = Behind::start();
    behind.stop().await;
    let gateway = behind.gateway().start().await;
    gateway.get("/health/live").send().await.expect(200);
    gateway.get("/health/ready").send().await.expect(503);
    let _back = Behind::start_on(behind.url.strip_prefix("http://").unwrap());
    gateway.get("/health/ready").send().await.expect(200);
}
