use serde_json::{Value, json};
use testkit::eventually;

use crate::support::{Auth, Person, text};

fn sources(auth: &Auth, person: &Person) {
    // The peers of a test share one address, and so one answer.
    let page = json!({"data": [{"what": "they know"}], "next_cursor": null});
    auth.service.peers.get(&format!("/internal/users/{}/personal-data", person.id), page);
}

async fn ready(auth: &Auth, person: &Person, id: &str) -> Value {
    let path = format!("/api/user/exports/{id}");
    eventually("the archive is ready", async || {
        let export = auth.send("GET", &path, &person.identity, None).await.expect(200);
        (export["state"] == "ready").then_some(export)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_has_what_every_service_keeps_and_is_for_its_person_for_a_week() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    sources(&auth, &ada);
    let asked = auth.send("POST", "/api/user/export", &ada.identity, None).await.expect(202);
    let id = text(&asked["id"]);
    let export = ready(&auth, &ada, &id).await;
    assert_eq!(export["progress_percent"], 100);
    let path = text(&export["download_url"]);
    let archive = auth.send("GET", &path, &ada.identity, None).await.expect(200);
    assert_eq!(archive["account"]["profile"]["email"], "ada@example.com");
    assert_eq!(archive["account"]["sessions"].as_array().unwrap().len(), 1);
    for service in ["booking", "billing", "ledger", "messaging"] {
        assert_eq!(archive[service], json!([{"what": "they know"}]), "{service}");
    }
    assert!(archive["account"]["security_events"].to_string().contains("logged_in"));
    assert!(!archive.to_string().contains("argon2"));

    for other in [&path, &format!("/api/user/exports/{id}")] {
        auth.send("GET", other, &eve.identity, None).await.expect_problem(404, "not_found");
        auth.service.get(other).send().await.expect_problem(401, "authentication_required");
    }
    let again = auth.send("POST", "/api/user/export", &ada.identity, None).await.expect(202);
    assert_eq!(again["id"], asked["id"], "one a day");
    auth.service.advance_secs(7 * 24 * 3600).await;
    let identity = auth.identity(&ada).await;
    auth.send("GET", &path, &identity, None).await.expect_problem(410, "export_expired");
    let over = auth.send("GET", &format!("/api/user/exports/{id}"), &identity, None).await.expect(200);
    assert_eq!((&over["state"], &over["download_url"]), (&json!("expired"), &json!(null)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_away_is_waited_for() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let asked = auth.send("POST", "/api/user/export", &ada.identity, None).await.expect(202);
    auth.service.run_jobs().await;
    let again = auth.send("POST", "/api/user/export", &ada.identity, None).await.expect(202);
    assert_eq!(again["id"], asked["id"], "one at a time");
    let path = format!("/api/user/exports/{}", text(&asked["id"]));
    let pending = auth.send("GET", &path, &ada.identity, None).await.expect(200);
    assert_eq!((&pending["state"], &pending["download_url"]), (&json!("pending"), &json!(null)));
    auth.send("GET", &format!("{path}/download"), &ada.identity, None).await.expect_problem(409, "export_not_ready");
    auth.service.post("/api/user/export").send().await.expect_problem(401, "authentication_required");
}
