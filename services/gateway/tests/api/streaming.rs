//! Bodies of any size: what is too large is refused, the rest flows through without piling up.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use futures_util::stream;
use reqwest::Body;

use crate::behind::Behind;

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

/// The most memory this process has had resident so far, in bytes.
fn peak_memory() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<usize>().ok().map(|kilobytes| kilobytes * 1024)
}

/// A gigabyte where there is time for it, otherwise what shows the same.
fn large() -> usize {
    if std::env::var("ROOMTONE_SOAK").is_ok_and(|size| size == "full") { 1024 * MEGABYTE } else { 256 * MEGABYTE }
}

/// Up and down, through the gateway and both its neighbours in this very process.
#[tokio::test(flavor = "multi_thread")]
async fn large_streams_leave_memory_bounded() {
    let size = large();
    let behind = Behind::start();
    let gateway = behind.gateway().setting("gateway_upload_limit", &size.to_string()).start().await;
    let before = peak_memory();
    let upload = gateway.post("/api/photos").raw("application/octet-stream", chunked(size, &Arc::default()));
    assert_eq!(upload.send().await.expect(200)["length"], size);
    let mut download = gateway.client.get(format!("{}/api/photos/{size}/download", gateway.url)).send().await.unwrap();
    let mut length = 0;
    while let Some(chunk) = download.chunk().await.unwrap() {
        length += chunk.len();
    }
    assert_eq!(length, size);
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        assert!(after - before < 128 * MEGABYTE, "{} MB more", (after - before) / MEGABYTE);
    }
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
