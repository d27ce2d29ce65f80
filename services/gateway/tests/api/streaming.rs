//! Bodies of any size: what is too large is refused, the rest flows through without piling up.

use std::{
    io::{ErrorKind, Write},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::stream;
use reqwest::Body;

use crate::{behind::Behind, raw::RawClient};

const CHUNK: usize = 64 * 1024;
const MEGABYTE: usize = 1024 * 1024;

/// A chunked body of so many bytes; `sent` counts what was taken from it.
fn chunked(bytes: usize, sent: &Arc<AtomicUsize>) -> Body {
    let sent = sent.clone();
    Body::wrap_stream(stream::iter((0..bytes / CHUNK).map(move |_| {
        sent.fetch_add(CHUNK, Ordering::SeqCst);
        Ok::<_, std::io::Error>(vec![b'x'; CHUNK])
    })))
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_arrive_whole_whatever_their_size_and_framing() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    for bytes in [0, 1, 64 * 1024, 64 * 1024 + 1, 8 * MEGABYTE, 10 * MEGABYTE] {
        let answer = gateway.post("/api/photos").raw("application/octet-stream", vec![b'x'; bytes]).send().await;
        assert_eq!(answer.expect(200)["length"], bytes);
    }
    for bytes in [0, CHUNK, 8 * MEGABYTE] {
        let body = chunked(bytes, &Arc::default());
        let answer = gateway.post("/api/photos").raw("application/octet-stream", body).send().await;
        assert_eq!(answer.expect(200)["length"], bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_over_the_limit_is_refused_announced_or_not() {
    let behind = Behind::start();
    let gateway = behind.gateway().setting("gateway_upload_limit", &MEGABYTE.to_string()).start().await;
    let announced = gateway.post("/api/photos").raw("application/octet-stream", vec![b'x'; MEGABYTE + 1]);
    announced.send().await.expect_problem(413, "payload_too_large");
    let body = chunked(MEGABYTE + CHUNK, &Arc::default());
    let unannounced = gateway.post("/api/photos").raw("application/octet-stream", body);
    unannounced.send().await.expect_problem(413, "payload_too_large");
    gateway.post("/api/photos").raw("application/octet-stream", vec![b'x'; MEGABYTE]).send().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_upload_may_be_as_large_as_its_class_says() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    for (path, limit) in
        [("/api/auth/login", 16 * 1024), ("/api/studios/search", 64 * 1024), ("/api/studios", MEGABYTE)]
    {
        let post = |bytes| gateway.post(path).raw("application/octet-stream", vec![b'x'; bytes]).send();
        assert_eq!(post(limit).await.expect(200)["length"], limit, "{path}");
        post(limit + 1).await.expect_problem(413, "payload_too_large");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_read_stops_the_client_and_nothing_piles_up_here() {
    const TOTAL: usize = 128 * MEGABYTE;
    let behind = Behind::start();
    let gateway = behind.gateway().setting("gateway_upload_limit", &TOTAL.to_string()).start().await;
    let sent = Arc::new(AtomicUsize::new(0));
    let upload = gateway.post("/api/photos/gate").raw("application/octet-stream", chunked(TOTAL, &sent));
    let upload = tokio::spawn(upload.send());
    // What the machine's sockets hold is taken; then the client has to wait.
    let mut before = usize::MAX;
    let stalled = testkit::eventually("the client stops sending", || {
        let now = sent.load(Ordering::SeqCst);
        let stalled = now > 0 && now == before;
        before = now;
        async move {
            tokio::time::sleep(std::time::Duration::from_millis(150)).await;
            stalled.then_some(now)
        }
    })
    .await;
    assert!(stalled < TOTAL / 4, "{stalled} bytes were taken");
    behind.gate.add_permits(1);
    assert_eq!(upload.await.unwrap().expect(200)["length"], TOTAL);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_answers_flow_through() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let bytes = 32 * MEGABYTE;
    let answer = gateway.get(&format!("/api/photos/{bytes}/download")).send().await;
    assert_eq!((answer.status.as_u16(), answer.text.len()), (200, bytes));
}

/// Somebody who asks for a large answer and does not take it must not hold a connection to the service for ever.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_takes_lets_the_service_go() {
    let behind = Behind::start();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let gateway = behind.gateway().setting("booking_url", &url).setting("gateway_idle_secs", "1").start().await;
    let mut client = RawClient::connect(&gateway);
    client.send("GET /api/photos/large HTTP/1.1\r\nhost: x\r\n\r\n");
    let service = tokio::task::spawn_blocking(move || {
        let (mut connection, _) = listener.accept().unwrap();
        connection.set_write_timeout(Some(Duration::from_secs(20))).unwrap();
        connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000000\r\n\r\n").unwrap();
        loop {
            if let Err(error) = connection.write_all(&[b'x'; CHUNK]) {
                return error;
            }
        }
    });
    let ended = service.await.unwrap();
    assert!(!matches!(ended.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "the service still waits: {ended}");
    drop(client);
    gateway.get("/health/live").send().await.expect(200);
}

/// Taking it slowly is not the same as not taking it.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_taken_slowly_comes_whole() {
    let behind = Behind::start();
    let gateway = behind.gateway().setting("gateway_idle_secs", "2").start().await;
    let url = format!("{}/api/photos/{}/download", gateway.url, 32 * MEGABYTE);
    let mut download = gateway.client.get(url).send().await.unwrap();
    let (mut length, began) = (0, Instant::now());
    while let Some(chunk) = download.chunk().await.unwrap() {
        length += chunk.len();
        // Five seconds on the whole, never two at a time.
        let due = began + Duration::from_secs(5).mul_f64(length as f64 / (32 * MEGABYTE) as f64);
        tokio::time::sleep_until(due.into()).await;
    }
    assert_eq!(length, 32 * MEGABYTE);
}

/// The service counts its time from the head; the body may take as long as the gateway bears with it.
#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_told_that_a_large_body_takes_its_time() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let told = |answer: serde_json::Value| -> u64 {
        answer["headers"]["x-roomtone-timeout-ms"][0].as_str().unwrap().parse().unwrap()
    };
    let upload = gateway.post("/api/photos").raw("text/plain", vec![b'x'; 8 * MEGABYTE]).send().await.expect(200);
    assert_eq!(told(upload), (60 + 30 + 8 * 128) * 1000, "8 MB at 8 kB a second are 1024 s");
    let chunked = gateway.post("/api/photos").raw("text/plain", chunked(CHUNK, &Arc::default())).send().await;
    assert_eq!(told(chunked.expect(200)), (60 + 30 + 10 * 128) * 1000, "unannounced, as large as it may be");
    let small = gateway.post("/api/photos").raw("text/plain", "x").send().await.expect(200);
    assert_eq!(told(small), 60_000);
}

/// A body that says it is a gigabyte is refused before it is sent, one that does not when it has grown too large.
#[tokio::test(flavor = "multi_thread")]
async fn a_gigabyte_where_it_is_not_wanted_is_refused_early() {
    let behind = Behind::start();
    let gateway = behind.gateway().start().await;
    let sent = Arc::new(AtomicUsize::new(0));
    let upload = gateway.post("/api/photos").raw("application/octet-stream", chunked(1024 * MEGABYTE, &sent));
    // The connection may be closed before the client has read the answer.
    let refused = tokio::spawn(upload.send()).await;
    if let Ok(answer) = refused {
        answer.expect_problem(413, "payload_too_large");
    }
    assert!(sent.load(Ordering::SeqCst) < 128 * MEGABYTE);
    gateway.get("/api/studios").send().await.expect(200);
}
