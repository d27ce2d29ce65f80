use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use reqwest::{Body, Method};
use testkit::TestResponse;

use crate::support::{Auth, Person, text};

/// A PNG of one pixel.
const PNG: &[u8] = &[
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1F, 0x15, 0xC4, 0x89, 0x00, 0x00, 0x00, 0x0D, 0x49,
    0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0xFC, 0xCF, 0xC0, 0x50, 0x0F, 0x00, 0x04, 0x85, 0x01, 0x80, 0x84, 0xA9, 0x8C,
    0x21, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
];

async fn upload(auth: &Auth, person: &Person, (content_type, body): (&str, impl Into<Body>)) -> TestResponse {
    auth.service.post("/api/user/upload-photo").bearer(&person.identity).raw(content_type, body).send().await
}

async fn status_of(auth: &Auth, path: &str) -> u16 {
    auth.service.client.get(format!("{}{path}", auth.service.url)).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_shown_until_another_takes_its_place_or_it_is_deleted() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    // Its content counts, whatever it is called.
    let profile = upload(&auth, &ada, ("text/html", PNG)).await.expect(200);
    let first = text(&profile["photo_url"]);
    let shown = auth.service.client.get(format!("{}{first}", auth.service.url)).send().await.unwrap();
    assert_eq!(shown.headers()["content-type"], "image/jpeg");
    assert_eq!(shown.headers()["x-content-type-options"], "nosniff");
    assert!(shown.bytes().await.unwrap().starts_with(&[0xFF, 0xD8, 0xFF]));
    assert_eq!(status_of(&auth, &first.replace("512", "128")).await, 200);
    for wrong in ["256", "512.jpg", "0512"] {
        assert_eq!(status_of(&auth, &first.replace("512", wrong)).await, 404);
    }

    let second = text(&upload(&auth, &ada, ("image/png", PNG)).await.expect(200)["photo_url"]);
    assert_ne!(first, second);
    assert_eq!((status_of(&auth, &first).await, status_of(&auth, &second).await), (404, 200));
    let me = auth.send("GET", "/api/user/me", &ada.identity, None).await.expect(200);
    assert_eq!(me["photo_url"], second);

    auth.send("DELETE", "/api/user/photo", &ada.identity, None).await.expect(204);
    auth.send("DELETE", "/api/user/photo", &ada.identity, None).await.expect_problem(404, "not_found");
    assert_eq!(status_of(&auth, &second).await, 404);
    auth.service.request(Method::DELETE, "/api/user/photo").send().await.expect_problem(401, "authentication_required");
}

/// Nothing is left in the store of what nobody shows.
#[tokio::test(flavor = "multi_thread")]
async fn replaced_photos_are_swept_from_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let auth = Auth::with(&[("storage_dir", folder.path().to_str().unwrap())]).await;
    let ada = auth.person("ada@example.com").await;
    for _ in 0..3 {
        upload(&auth, &ada, ("image/png", PNG)).await.expect(200);
    }
    let count = || walk(folder.path());
    assert_eq!(count(), 6);
    auth.service.advance_secs(2 * 3600).await;
    assert_eq!(count(), 2);
}

fn walk(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| if entry.file_type().unwrap().is_dir() { walk(&entry.path()) } else { 1 }).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_whole_image_is_refused_and_changes_nothing() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let before = text(&upload(&auth, &ada, ("image/png", PNG)).await.expect(200)["photo_url"]);
    for (content, status, code) in [
        (Vec::new(), 415, "unsupported_image"),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(), 415, "unsupported_image"),
        (b"GIF89a\x01\0\x01\0".to_vec(), 415, "unsupported_image"),
        (PNG[..40].to_vec(), 422, "image_unreadable"),
        (PNG[..8].to_vec(), 422, "image_unreadable"),
        (vec![0; 8 * 1024 * 1024], 415, "unsupported_image"),
    ] {
        upload(&auth, &ada, ("image/png", content)).await.expect_problem(status, code);
    }
    auth.service
        .post("/api/user/upload-photo")
        .raw("image/png", PNG)
        .send()
        .await
        .expect_problem(401, "authentication_required");
    let me = auth.send("GET", "/api/user/me", &ada.identity, None).await.expect(200);
    assert_eq!(me["photo_url"], before);
}

/// A file without an end: refused after the limit, and nobody reads the rest of it.
#[tokio::test(flavor = "multi_thread")]
async fn an_endless_upload_is_cut_off() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let pulled = Arc::new(AtomicUsize::new(0));
    let counter = pulled.clone();
    let chunk = Bytes::from(vec![0xFF; 64 * 1024]);
    let gigabyte = stream::iter(0..16 * 1024).map(move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        Ok::<_, std::io::Error>(chunk.clone())
    });
    let url = format!("{}/api/user/upload-photo", auth.service.url);
    let request = auth.service.client.post(url).bearer_auth(&ada.identity).body(Body::wrap_stream(gigabyte));
    let answer = request.send().await.expect("an answer before the end of the upload");
    assert_eq!(answer.status(), 413);
    let problem: serde_json::Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "payload_too_large");
    let read = pulled.load(Ordering::Relaxed) * 64 * 1024;
    assert!(read < 64 * 1024 * 1024, "{read} bytes were taken");
    auth.send("GET", "/api/user/me", &ada.identity, None).await.expect(200);
}
