use contracts::auth::v1::UserErased;
use serde_json::{Value, json};
use testkit::CallerToken;

use crate::scene::{Scene, id};

fn ids(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn favourites_are_ones_own_the_latest_first() {
    let scene = Scene::start().await;
    let second = id(&scene.create_studio(json!({"name": "Zweiter"})).await.expect(201));
    let (ada, bob) = (CallerToken::default(), CallerToken::default());
    let path = |studio: &str| format!("/api/studios/{studio}/favorite");
    for studio in [&scene.studio_id, &second, &scene.studio_id] {
        scene.post(&ada, &path(studio)).send().await.expect(204);
    }
    let list = |caller: &CallerToken, query: &str| scene.get(caller, &format!("/api/studios/favorites{query}")).send();
    assert_eq!(ids(&list(&ada, "").await.expect(200)), [second.clone(), scene.studio_id.clone()]);
    assert_eq!(ids(&list(&bob, "").await.expect(200)), Vec::<String>::new());
    let first = list(&ada, "?limit=1").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    assert_eq!(
        ids(&list(&ada, &format!("?cursor={cursor}")).await.expect(200)),
        std::slice::from_ref(&scene.studio_id)
    );

    scene.delete(&bob, &path(&second)).send().await.expect(204);
    scene.delete(&ada, &path(&second)).send().await.expect(204);
    scene.delete(&ada, &path(&second)).send().await.expect(204);
    assert_eq!(ids(&list(&ada, "").await.expect(200)), std::slice::from_ref(&scene.studio_id));
    scene.post(&ada, &path(&kernel::StudioId::new().to_string())).send().await.expect_problem(404, "not_found");
    scene.service.post(&path(&second)).send().await.expect_problem(401, "authentication_required");
    scene.service.get("/api/studios/favorites").send().await.expect_problem(401, "authentication_required");
    list(&ada, "?cursor=x").await.expect_problem(422, "invalid_cursor");
}

#[tokio::test]
async fn favourites_go_with_the_studio_and_with_the_person() {
    let scene = Scene::start().await;
    let second = id(&scene.create_studio(json!({"name": "Zweiter"})).await.expect(201));
    let ada = CallerToken::default();
    for studio in [&scene.studio_id, &second] {
        scene.post(&ada, &format!("/api/studios/{studio}/favorite")).send().await.expect(204);
    }
    scene.delete(&scene.owner, &format!("/api/studios/{second}")).send().await.expect(204);
    let list = async || scene.get(&ada, "/api/studios/favorites").send().await.expect(200);
    assert_eq!(ids(&list().await), std::slice::from_ref(&scene.studio_id));
    let erased = UserErased { user_id: ada.user_id().to_string() };
    scene.service.deliver(ada.user_id().uuid(), 1, &erased).await;
    assert_eq!(ids(&list().await), Vec::<String>::new());
}
