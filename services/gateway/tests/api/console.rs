//! The web console: files of a folder, beside an API that does not change by it.

use std::{fs, path::Path};

use reqwest::Method;
use testkit::{TestResponse, TestService};

use crate::{behind::Behind, raw::RawClient};

const INDEX: &str = "<!doctype html><title>Roomtone</title>";

fn fill(folder: &Path) {
    fs::create_dir(folder.join("assets")).unwrap();
    fs::write(folder.join("index.html"), INDEX).unwrap();
    fs::write(folder.join("favicon.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").unwrap();
    fs::write(folder.join("assets/app-4f2c9e1b.js"), format!("export const a = '{}';", "a".repeat(20_000))).unwrap();
    fs::write(folder.join("assets/app-5a6b7c8d.css"), "a{}".repeat(1000)).unwrap();
    fs::write(folder.join("assets/app-5a6b7c8d.css.br"), "as brotli has it").unwrap();
    fs::write(folder.join("assets/logo-1a2b3c4d.png"), vec![7; 4000]).unwrap();
    fs::write(folder.join(".env"), "SECRET=1").unwrap();
}

/// A gateway with a console, and its folder.
async fn console(behind: &Behind) -> (TestService, tempfile::TempDir) {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("console");
    fs::create_dir(&folder).unwrap();
    fs::write(outer.path().join("secret.txt"), "s3cret").unwrap();
    fill(&folder);
    (behind.gateway().setting("console_dir", folder.to_str().unwrap()).start().await, outer)
}

fn header<'a>(answer: &'a TestResponse, name: &str) -> &'a str {
    answer.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_answers_for_every_path_of_its_own_and_is_asked_for_again() {
    let behind = Behind::start();
    let (gateway, _folder) = console(&behind).await;
    for path in ["/", "/index.html", "/customers", "/customers/cus_01h455vb4pex5vsknk084sn02q", "/verify-email?token=x"]
    {
        let page = gateway.get(path).header("accept", "text/html,application/xhtml+xml,*/*;q=0.8").send().await;
        assert_eq!((page.status.as_u16(), page.text.as_str()), (200, INDEX), "{path}");
        assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
        assert_eq!(header(&page, "cache-control"), "no-cache");
        let policy = header(&page, "content-security-policy");
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(header(&page, "x-content-type-options"), "nosniff");
        assert!(page.headers.contains_key("x-request-id"));
        let same = gateway.get(path).header("if-none-match", header(&page, "etag")).send().await;
        assert_eq!((same.status.as_u16(), same.text.as_str()), (304, ""), "{path}");
    }
    assert_eq!(gateway.request(Method::HEAD, "/customers").send().await.text, "");
    for method in [Method::POST, Method::DELETE, Method::OPTIONS] {
        let refused = gateway.request(method, "/customers").send().await;
        assert_eq!(header(&refused, "allow"), "GET, HEAD");
        refused.expect_problem(405, "method_not_allowed");
    }
    assert_eq!(behind.arrived(), 0, "no service hears of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_named_by_its_content_is_kept_for_ever_and_the_rest_asked_for_again() {
    let behind = Behind::start();
    let (gateway, _folder) = console(&behind).await;
    for (path, kind, caching) in [
        ("/assets/app-4f2c9e1b.js", "text/javascript", "public, max-age=31536000, immutable"),
        ("/assets/app-5a6b7c8d.css", "text/css", "public, max-age=31536000, immutable"),
        ("/assets/logo-1a2b3c4d.png", "image/png", "public, max-age=31536000, immutable"),
        ("/favicon.svg", "image/svg+xml", "no-cache"),
    ] {
        let file = gateway.get(path).send().await;
        assert_eq!(file.status, 200, "{path}");
        assert!(header(&file, "content-type").starts_with(kind), "{path}: {}", header(&file, "content-type"));
        assert_eq!(header(&file, "cache-control"), caching, "{path}");
    }
    let part = gateway.get("/assets/logo-1a2b3c4d.png").header("range", "bytes=0-9").send().await;
    assert_eq!((part.status.as_u16(), header(&part, "content-range")), (206, "bytes 0-9/4000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_is_compressed_for_who_takes_it() {
    let behind = Behind::start();
    let (gateway, _folder) = console(&behind).await;
    let ask = |path: &str, encodings: &str| gateway.get(path).header("accept-encoding", encodings).send();
    let script = ask("/assets/app-4f2c9e1b.js", "gzip, br").await;
    assert_eq!((header(&script, "content-encoding"), header(&script, "vary")), ("gzip", "accept-encoding"));
    assert!(script.text.len() < 2000 && header(&script, "etag").starts_with("W/\""), "{}", script.text.len());
    let again = gateway.get("/assets/app-4f2c9e1b.js").header("if-none-match", header(&script, "etag"));
    assert_eq!(again.header("accept-encoding", "gzip").send().await.status, 304);
    let style = ask("/assets/app-5a6b7c8d.css", "gzip, br").await;
    assert_eq!((header(&style, "content-encoding"), style.text.as_str()), ("br", "as brotli has it"));
    assert!(header(&style, "content-type").starts_with("text/css"));
    for (path, encodings) in [
        ("/assets/app-4f2c9e1b.js", "identity"),
        ("/assets/app-4f2c9e1b.js", "gzip;q=0"),
        ("/assets/logo-1a2b3c4d.png", "gzip, br"),
        ("/index.html", "gzip"),
    ] {
        assert_eq!(header(&ask(path, encodings).await, "content-encoding"), "", "{path} {encodings}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_folders_files_is_served() {
    let behind = Behind::start();
    let (gateway, _folder) = console(&behind).await;
    for path in [
        "/assets",
        "/assets/",
        "/assets/gone-00000000.js",
        "/.env",
        "/%2eenv",
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/assets/%2e%2e%2fsecret.txt",
        "/missing.png",
        "/%00",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let answer = RawClient::connect(&gateway).send(request).read_to_end();
        assert!(answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 400"), "{path}: {answer}");
        assert!(!answer.contains("s3cret") && !answer.contains("SECRET"), "{path}: {answer}");
    }
    let data = gateway.get("/customers").header("accept", "application/json").send().await;
    data.expect_problem(404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_is_what_it_was() {
    let behind = Behind::start();
    let (gateway, _folder) = console(&behind).await;
    for path in [
        "/api/unknown",
        "/api",
        "/internal/users/usr_1",
        "/webhooks",
        "/.well-known/change-password",
        "/%61pi/studios",
        "/metrics/x",
        "/sandbox",
    ] {
        let answer = gateway.get(path).send().await;
        assert_ne!(answer.text, INDEX, "{path}");
        assert!(path == "/webhooks" || path == "/sandbox" || answer.status == 404, "{path}: {}", answer.text);
    }
    assert_eq!(gateway.get("/api/studios").send().await.expect(200)["path"], "/api/studios");
    assert_eq!(gateway.get("/docs/").send().await.status, 200);
    assert_eq!(gateway.get("/api/health").send().await.status, 200);
    let api_host = gateway.get("/customers").header("host", "api.127.0.0.1").send().await;
    assert_ne!(api_host.text, INDEX, "a path of the API");
    let without = behind.gateway().start().await;
    without.get("/").send().await.expect_problem(404, "not_found");
}
