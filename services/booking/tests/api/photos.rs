use serde_json::{Value, json};
use service_kit::identity::CompanyRole;
use testkit::{CallerToken, TestResponse, TestService};

use crate::scene::{Scene, id};

/// A PNG of one pixel.
const PNG: &[u8] = &[
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00, 0x00,
    0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1F, 0x15, 0xC4, 0x89, 0x00, 0x00, 0x00, 0x0D, 0x49,
    0x44, 0x41, 0x54, 0x78, 0xDA, 0x63, 0xFC, 0xCF, 0xC0, 0x50, 0x0F, 0x00, 0x04, 0x85, 0x01, 0x80, 0x84, 0xA9, 0x8C,
    0x21, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
];

async fn upload(scene: &Scene, caller: &CallerToken, content: &[u8]) -> TestResponse {
    let path = format!("/api/rooms/{}/photos", scene.room_id);
    scene.post(caller, &path).raw("application/octet-stream", content.to_vec()).send().await
}

async fn status_of(scene: &Scene, path: &Value) -> u16 {
    let url = format!("{}{}", scene.service.url, path.as_str().unwrap());
    scene.service.client.get(url).send().await.unwrap().status().as_u16()
}

#[tokio::test(flavor = "multi_thread")]
async fn photos_are_shown_in_the_order_the_studio_gives_them() {
    let scene = Scene::start().await;
    let first = upload(&scene, &scene.owner, PNG).await.expect(201);
    let second = upload(&scene, &scene.owner, PNG).await.expect(201);
    assert_eq!((&first["width"], &first["height"]), (&json!(1), &json!(1)));
    let url = format!("{}{}", scene.service.url, first["url"].as_str().unwrap());
    let shown = scene.service.client.get(url).send().await.unwrap();
    assert_eq!((shown.status().as_u16(), &shown.headers()["content-type"]), (200, &"image/jpeg".parse().unwrap()));
    assert_eq!(shown.headers()["x-content-type-options"], "nosniff");
    assert_eq!(status_of(&scene, &second["thumbnail_url"]).await, 200);
    assert_eq!(status_of(&scene, &json!(first["url"].as_str().unwrap().replace("1600", "512"))).await, 404);

    let room = async || scene.service.get(&format!("/api/rooms/{}", scene.room_id)).send().await.expect(200);
    assert_eq!(room().await["photos"], json!([first, second]));
    let order = format!("/api/rooms/{}/photos/order", scene.room_id);
    let put = |ids: Value| scene.put(&scene.owner, &order).json(json!({"photo_ids": ids})).send();
    let answer = put(json!([second["id"], first["id"]])).await.expect(200);
    assert_eq!(answer["photos"], json!([second, first]));
    for bad in [json!([first["id"]]), json!([first["id"], first["id"]]), json!([first["id"], kernel::PhotoId::new()])] {
        put(bad).await.expect_problem(422, "not_an_order");
    }
    let studio = scene.service.get(&format!("/api/studios/{}", scene.studio_id)).send().await.expect(200);
    assert_eq!((&studio["rooms"][0]["photos"], &studio["photo_url"]), (&json!([second, first]), &second["url"]));
    let found = scene.service.post("/api/studios/search").json(json!({})).send().await.expect(200);
    assert_eq!(found["data"][0]["studio"]["photo_url"], second["url"]);

    scene.delete(&scene.owner, &format!("/api/photos/{}", id(&second))).send().await.expect(204);
    scene.delete(&scene.owner, &format!("/api/photos/{}", id(&second))).send().await.expect_problem(404, "not_found");
    assert_eq!(status_of(&scene, &second["url"]).await, 404);
    assert_eq!(room().await["photos"], json!([first]));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_managers_touch_photos_and_only_images_are_kept() {
    let scene = Scene::start().await;
    let photo = upload(&scene, &scene.owner, PNG).await.expect(201);
    let staff = CallerToken::default().member_of(scene.company_id, CompanyRole::Staff);
    for (caller, status, code) in [(CallerToken::default(), 404, "not_found"), (staff, 403, "insufficient_role")] {
        upload(&scene, &caller, PNG).await.expect_problem(status, code);
        let delete = scene.delete(&caller, &format!("/api/photos/{}", id(&photo))).send().await;
        delete.expect_problem(status, code);
        let order = format!("/api/rooms/{}/photos/order", scene.room_id);
        let put = scene.put(&caller, &order).json(json!({"photo_ids": [photo["id"]]})).send().await;
        put.expect_problem(status, code);
    }
    for (content, status, code) in [
        (Vec::new(), 415, "unsupported_image"),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(), 415, "unsupported_image"),
        (PNG[..40].to_vec(), 422, "image_unreadable"),
        (vec![0; 8 * 1024 * 1024 + 1], 413, "payload_too_large"),
    ] {
        upload(&scene, &scene.owner, &content).await.expect_problem(status, code);
    }
    let room = scene.service.get(&format!("/api/rooms/{}", scene.room_id)).send().await.expect(200);
    assert_eq!(room["photos"], json!([photo]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_has_thirty_photos_at_most() {
    let scene = Scene::start().await;
    for _ in 0..30 {
        upload(&scene, &scene.owner, PNG).await.expect(201);
    }
    upload(&scene, &scene.owner, PNG).await.expect_problem(409, "too_many_photos");
}

/// Nothing is left in the store of what nobody shows.
#[tokio::test(flavor = "multi_thread")]
async fn deleted_photos_and_those_of_deleted_rooms_are_swept_from_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let builder = TestService::builder(booking::service()).setting("storage_dir", folder.path().to_str().unwrap());
    let scene = Scene::on(builder.start().await, json!({}), json!({})).await;
    let photo = upload(&scene, &scene.owner, PNG).await.expect(201);
    upload(&scene, &scene.owner, PNG).await.expect(201);
    let count = || walk(folder.path());
    assert_eq!(count(), 4);
    scene.delete(&scene.owner, &format!("/api/photos/{}", id(&photo))).send().await.expect(204);
    scene.service.advance_secs(2 * 3600).await;
    assert_eq!(count(), 2);
    scene.delete(&scene.owner, &format!("/api/rooms/{}", scene.room_id)).send().await.expect(204);
    scene.service.advance_secs(2 * 3600).await;
    assert_eq!(count(), 0);
}

fn walk(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| if entry.file_type().unwrap().is_dir() { walk(&entry.path()) } else { 1 }).sum()
}
