//! How much memory large streams take. In a process of its own: what else a process does counts too.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has to fail loudly")]

use actix_web::{App, HttpResponse, HttpServer, web};
use futures_util::{StreamExt, stream};
use testkit::TestService;

const CHUNK: usize = 64 * 1024;
const MEGABYTE: usize = 1024 * 1024;

fn chunks(bytes: usize) -> impl futures_util::Stream<Item = Result<web::Bytes, std::io::Error>> {
    stream::iter((0..bytes / CHUNK).map(|_| Ok(web::Bytes::from(vec![b'x'; CHUNK]))))
}

/// A service that takes anything and gives as many bytes as it is asked for.
fn service() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let app = || {
        App::new()
            .route(
                "/api/photos/{bytes}",
                web::get().to(async |bytes: web::Path<usize>| HttpResponse::Ok().streaming(chunks(bytes.into_inner()))),
            )
            .route(
                "/api/photos",
                web::post().to(async |mut payload: web::Payload| {
                    let mut length = 0;
                    while let Some(chunk) = payload.next().await {
                        length += chunk.unwrap().len();
                    }
                    HttpResponse::Ok().json(length)
                }),
            )
    };
    tokio::spawn(HttpServer::new(app).listen(listener).unwrap().workers(1).disable_signals().run());
    url
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
    let gateway = TestService::builder(gateway::service()).setting("booking_url", &service());
    let gateway = gateway.setting("gateway_upload_limit", &size.to_string()).start().await;
    let before = peak_memory();
    let upload = gateway.post("/api/photos").raw("application/octet-stream", reqwest::Body::wrap_stream(chunks(size)));
    assert_eq!(upload.send().await.expect(200), size);
    let mut download = gateway.client.get(format!("{}/api/photos/{size}", gateway.url)).send().await.unwrap();
    let mut length = 0;
    while let Some(chunk) = download.chunk().await.unwrap() {
        length += chunk.len();
    }
    assert_eq!(length, size);
    if let (Some(before), Some(after)) = (before, peak_memory()) {
        assert!(after - before < 128 * MEGABYTE, "{} MB more", (after - before) / MEGABYTE);
    }
}
