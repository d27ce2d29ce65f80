use auth::admin::create_platform_admin;
use contracts::ledger::v1::FinancialActionRecorded;
use diesel_async::RunQueryDsl;
use kernel::FinancialActionId;
use serde_json::{Value, json};
use testkit::{TestResponse, envelope};

use crate::support::{Auth, PASSWORD, Person, text};

async fn administrator(auth: &Auth) -> Person {
    create_platform_admin(&auth.service.db, "admin@example.com", "Root", PASSWORD.into()).await.unwrap();
    auth.signed_in(&auth.log_in("admin@example.com", PASSWORD).await.expect(200)).await
}

async fn read(auth: &Auth, reader: &Person, query: &str) -> TestResponse {
    auth.service.get(&format!("/api/admin/audit{query}")).bearer(&reader.identity).send().await
}

async fn kinds(auth: &Auth, reader: &Person, query: &str) -> Vec<String> {
    let page = read(auth, reader, query).await.expect(200);
    page["data"].as_array().unwrap().iter().map(|event| text(&event["kind"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_says_who_did_what_when_and_from_where() {
    let auth = Auth::start().await;
    let root = administrator(&auth).await;
    let ada = auth.person("ada@example.com").await;
    auth.service.advance_secs(60).await;
    let body = json!({"email": "ada@example.com", "password": "wrong"});
    let login = auth.post("/api/auth/login", body).header("user-agent", "Thief/1.0");
    login.header("x-forwarded-for", "203.0.113.9").send().await.expect_problem(401, "invalid_credentials");

    let page = read(&auth, &root, "?limit=1").await.expect(200);
    let event = &page["data"][0];
    assert!(text(&event["id"]).starts_with("aud_"));
    let expected = json!({
        "id": event["id"], "occurred_at": event["occurred_at"], "kind": "logged_in", "outcome": "failure",
        "actor_id": null, "subject_id": ada.id, "company_id": null, "address": "203.0.113.9",
        "user_agent": "Thief/1.0", "detail": {"reason": "wrong_password"},
    });
    assert_eq!(*event, expected);
    assert!(text(&event["occurred_at"]).starts_with("2027-03-01T09:01:0"), "{event}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_is_filtered_and_paged() {
    let auth = Auth::start().await;
    let root = administrator(&auth).await;
    let ada = auth.person("ada@example.com").await;
    let start = auth.service.now();
    auth.service.advance_secs(3600).await;
    let (root, ada) = (auth.renewed(&root).await, auth.renewed(&ada).await);
    auth.log_in("ada@example.com", "wrong").await;
    auth.log_in("nobody@example.com", "wrong").await;
    auth.post_as(&ada, "/api/user/set-role", json!({"role": "studio_owner"})).await.expect(200);
    assert_eq!(auth.post_as(&ada, "/api/auth/logout", json!({})).await.status, 204);

    assert_eq!(kinds(&auth, &root, "?outcome=failure").await, ["logged_in", "logged_in"]);
    let by_ada = kinds(&auth, &root, &format!("?actor={}", ada.id)).await;
    assert_eq!(by_ada, ["logged_out", "role_changed", "logged_in", "email_verified"]);
    let about_ada = kinds(&auth, &root, &format!("?subject={}&outcome=failure", ada.id)).await;
    assert_eq!(about_ada, ["logged_in"]);
    assert_eq!(kinds(&auth, &root, "?kind=platform_role_granted").await.len(), 1);
    let later = start + jiff::SignedDuration::from_secs(1800);
    assert_eq!(kinds(&auth, &root, &format!("?from={later}")).await.len(), 4);
    let before = kinds(&auth, &root, &format!("?to={later}&actor={}", ada.id)).await;
    assert_eq!(before, ["logged_in", "email_verified"]);

    let all = kinds(&auth, &root, "?limit=100").await;
    let (mut paged, mut cursor) = (Vec::new(), None);
    loop {
        let query = cursor.map(|cursor| format!("?limit=3&cursor={cursor}")).unwrap_or("?limit=3".to_owned());
        let page = read(&auth, &root, &query).await.expect(200);
        paged.extend(page["data"].as_array().unwrap().iter().map(|event| text(&event["kind"])));
        match &page["next_cursor"] {
            Value::String(next) => cursor = Some(next.clone()),
            _ => break,
        }
    }
    assert_eq!(paged, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trail_is_for_administrators() {
    let auth = Auth::start().await;
    let root = administrator(&auth).await;
    let ada = auth.person("ada@example.com").await;
    read(&auth, &ada, "").await.expect_problem(403, "admin_required");
    auth.service.get("/api/admin/audit").send().await.expect_problem(401, "authentication_required");
    for query in ["?kind=nonsense", "?actor=com_01h455vb4pex5vsknk084sn02q", "?from=yesterday", "?who=me"] {
        read(&auth, &root, query).await.expect_problem(422, "invalid_query");
    }
    read(&auth, &root, "?limit=0").await.expect_problem(422, "invalid_limit");
    read(&auth, &root, "?cursor=x").await.expect_problem(422, "invalid_cursor");
}

/// Not even whoever has the service's own access to the database can change what has happened.
#[tokio::test(flavor = "multi_thread")]
async fn the_trail_is_append_only() {
    let auth = Auth::start().await;
    auth.person("ada@example.com").await;
    let before = auth.trail().await;
    assert!(!before.is_empty());
    let mut conn = auth.service.db.conn().await.unwrap();
    for statement in [
        "UPDATE audit_events SET outcome = 'success'",
        "DELETE FROM audit_events",
        "DELETE FROM audit_events WHERE false",
        "TRUNCATE audit_events",
        "TRUNCATE audit_events CASCADE",
    ] {
        let refused = diesel::sql_query(statement).execute(&mut *conn).await.unwrap_err();
        assert!(refused.to_string().contains("append-only"), "{statement}: {refused}");
    }
    assert_eq!(auth.trail().await, before);
}

/// The trail is read by people; what it says of others is ids, addresses and agents.
#[tokio::test(flavor = "multi_thread")]
async fn the_trail_holds_no_secret_and_no_name() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    auth.log_in("ada@example.com", "a wrong password").await;
    auth.log_in("a.password.typed@into.the.field", "x").await;
    auth.refresh(&ada.refresh_token).await.expect(200);
    auth.service.advance_secs(30).await;
    auth.refresh(&ada.refresh_token).await.expect_problem(401, "refresh_token_reused");
    let trail = Value::Array(auth.trail().await).to_string();
    for word in [PASSWORD, "a wrong password", "typed", "ada@", "Ada", "rtr_", "rto_", "eyJ", "argon2"] {
        assert!(!trail.contains(word), "{word}: {trail}");
    }
    assert_eq!(auth.trail_of("refresh_token_reused").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_written_once_for_each_time_it_begins() {
    let auth = Auth::with(&[("auth_lockout_threshold", "2")]).await;
    auth.person("ada@example.com").await;
    for _ in 0..5 {
        auth.log_in("ada@example.com", "wrong").await;
    }
    assert_eq!(auth.trail_of("account_locked").await.len(), 1);
    let reasons: Vec<_> = auth.trail_of("logged_in").await.into_iter().filter_map(|(_, reason)| reason).collect();
    assert_eq!(reasons, ["wrong_password", "wrong_password", "locked", "locked", "locked"]);
    auth.service.advance_secs(61).await;
    auth.log_in("ada@example.com", "wrong").await;
    assert_eq!(auth.trail_of("account_locked").await.len(), 2);
}

/// What ends sessions says so, and on whose order.
#[tokio::test(flavor = "multi_thread")]
async fn every_way_out_is_written_down() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let laptop = auth.signed_in(&auth.log_in("ada@example.com", PASSWORD).await.expect(200)).await;
    let path = format!("/api/auth/sessions/{}", laptop.session_id);
    let revoked = auth.service.request(reqwest::Method::DELETE, &path).bearer(&ada.identity).send().await;
    assert_eq!(revoked.status, 204);
    assert_eq!(auth.post_as(&ada, "/api/auth/logout-all", json!({})).await.status, 204);
    let trail = auth.trail().await;
    let find = |kind: &str| trail.iter().find(|event| event["kind"] == kind).unwrap_or_else(|| panic!("{kind}"));
    assert_eq!(find("session_revoked")["detail"]["session_id"], json!(laptop.session_id));
    assert_eq!(find("logged_out_everywhere")["detail"]["sessions"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_with_money_by_hand_stands_in_the_trail_once() {
    let auth = Auth::start().await;
    let (root, action_id) = (administrator(&auth).await, FinancialActionId::new());
    let event = FinancialActionRecorded {
        action_id: action_id.to_string(),
        action: "adjustment_approved".into(),
        subject: "adj_1".into(),
        person_id: root.id.clone(),
        reason: "Booked twice by hand".into(),
        address: "203.0.113.9".into(),
        ..FinancialActionRecorded::default()
    };
    let envelope = envelope(action_id.uuid(), 1, auth.service.now(), &event);
    for _ in 0..2 {
        auth.service.deliver_envelope(&envelope).await;
    }
    let page = read(&auth, &root, "?kind=financial_action").await.expect(200);
    let [told] = page["data"].as_array().unwrap().as_slice() else { panic!("{page}") };
    assert_eq!((&told["actor_id"], &told["address"]), (&json!(root.id), &json!("203.0.113.9")));
    let detail = json!({
        "action_id": event.action_id, "action": event.action, "about": event.subject, "reason": event.reason,
    });
    assert_eq!(told["detail"], detail);
}
