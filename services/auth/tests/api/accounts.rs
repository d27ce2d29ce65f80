use reqwest::Method;
use serde_json::json;

use crate::support::Auth;

#[tokio::test(flavor = "multi_thread")]
async fn i_am_who_i_am_under_both_addresses() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let me = auth.service.get("/api/auth/me").bearer(&ada.identity).send().await.expect(200);
    let profile = auth.service.get("/api/user/me").bearer(&ada.identity).send().await.expect(200);
    assert_eq!(me, profile);
    let created_at = me["created_at"].as_str().unwrap();
    assert!(created_at.ends_with('Z'), "{created_at}");
    assert_eq!(
        me,
        json!({
            "id": ada.id, "email": "ada@example.com", "email_verified": true, "name": "Ada Lovelace",
            "role": "customer", "platform_role": null, "companies": [], "photo_url": null, "created_at": created_at,
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_can_be_changed() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let update = async |body: serde_json::Value| {
        auth.service.request(Method::PUT, "/api/user/update").bearer(&ada.identity).json(body).send().await
    };
    assert_eq!(update(json!({"name": " Countess of Lovelace "})).await.expect(200)["name"], "Countess of Lovelace");
    for body in [json!({"name": ""}), json!({}), json!({"name": "A", "email": "eve@example.com"})] {
        update(body).await.expect_problem(422, "validation_failed");
    }
    let me = auth.service.get("/api/auth/me").bearer(&ada.identity).send().await.expect(200);
    assert_eq!((&me["name"], &me["email"]), (&json!("Countess of Lovelace"), &json!("ada@example.com")));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_makes_themselves_an_administrator() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let set_role =
        async |role: &str| auth.post("/api/user/set-role", json!({"role": role})).bearer(&ada.identity).send().await;
    assert_eq!(set_role("studio_owner").await.expect(200)["role"], "studio_owner");
    for role in ["admin", "support", "platform_admin", ""] {
        set_role(role).await.expect_problem(422, "validation_failed");
    }
    let me = auth.service.get("/api/auth/me").bearer(&ada.identity).send().await.expect(200);
    assert_eq!((&me["role"], &me["platform_role"]), (&json!("studio_owner"), &json!(null)));
}
