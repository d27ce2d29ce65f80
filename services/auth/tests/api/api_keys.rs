use contracts::auth::v1::ApiKeyRevoked;
use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::TestResponse;

use crate::support::{Auth, PASSWORD, Person, claims, header, text};

const PERSONAL: &str = "/api/user/api-keys";

const UNKNOWN_KEY: &str = "key_01h455vb4pex5vsknk084sn02q";

fn key(scopes: &[&str]) -> Value {
    json!({"name": "Till", "scopes": scopes})
}

/// With the password, where one's own key asks for it.
async fn create(auth: &Auth, path: &str, person: &Person, mut body: Value) -> TestResponse {
    if path == PERSONAL && body.get("password").is_none() {
        body["password"] = PASSWORD.into();
    }
    auth.send("POST", path, &auth.identity(person).await, Some(body)).await
}

/// As the gateway does with `Bearer rtk_…`.
async fn exchange(auth: &Auth, api_key: &str) -> TestResponse {
    let token = auth.service_token("gateway", "auth").await;
    auth.post("/internal/api-key-identity-tokens", json!({"api_key": api_key})).bearer(&token).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_shown_once_and_recognised_by_its_beginning() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let body = key(&["bookings:write", "bookings:read", "bookings:write"]);
    let created = create(&auth, PERSONAL, &ada, body).await.expect(201);
    let secret = text(&created["api_key"]);
    assert!(secret.starts_with("rtk_") && secret.len() == 47, "{secret}");
    assert_eq!(created["prefix"], secret[..12]);
    assert_eq!(created["scopes"], json!(["bookings:read", "bookings:write"]));
    assert_eq!((&created["created_by"], &created["last_used_at"]), (&json!(ada.id), &json!(null)));

    let listed = auth.send("GET", PERSONAL, &ada.identity, None).await.expect(200);
    assert_eq!(listed["data"][0]["id"], created["id"]);
    assert!(!listed.to_string().contains(&secret) && listed["data"][0].get("api_key").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_personal_key_has_its_persons_roles_and_never_those_on_the_platform() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    auth::admin::create_platform_admin(&auth.service.db, "ada@example.com", "Ada", "ignored password".into())
        .await
        .unwrap();
    let created = create(&auth, PERSONAL, &ada, key(&["studios:write"])).await.expect(201);
    let identity = exchange(&auth, &text(&created["api_key"])).await.expect(200);
    assert_eq!((&identity["key_id"], &identity["expires_in"]), (&created["id"], &json!(300)));
    assert_eq!((&identity["user_id"], identity.get("company_id")), (&json!(ada.id), None), "for whom it acts");
    let token = text(&identity["token"]);
    assert_eq!(header(&token)["typ"], "int+jwt");
    let claims = claims(&token);
    assert_eq!((&claims["sub"], &claims["scopes"]), (&json!(ada.id), &json!(["studios:write"])));
    assert_eq!(claims["companies"], json!([{"id": company, "role": "owner"}]));
    assert!(claims["platform_role"].is_null());
    assert_ne!(claims["sid"], json!(ada.session_id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_companys_key_is_a_manager_of_that_company_and_nobody_elsewhere() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let other = auth.company(&ada, "Garage").await;
    let path = format!("/api/companies/{company}/api-keys");
    let created = create(&auth, &path, &ada, key(&["company:read"])).await.expect(201);
    let identity = exchange(&auth, &text(&created["api_key"])).await.expect(200);
    assert_eq!((&identity["company_id"], identity.get("user_id")), (&json!(company), None), "for whom it acts");
    let token = text(&identity["token"]);
    let claims = claims(&token);
    assert_eq!(claims["companies"], json!([{"id": company, "role": "manager"}]));
    assert_ne!(claims["sub"], json!(ada.id), "a company's key is not its maker");

    let members = |company: &str| format!("/api/teams/members?company_id={company}");
    auth.send("GET", &members(&company), &token, None).await.expect(200);
    auth.send("GET", &members(&other), &token, None).await.expect_problem(404, "not_found");
    // Its maker may go; the company's key stays.
    let keys = auth.send("GET", &path, &auth.identity(&ada).await, None).await.expect(200);
    assert!(keys["data"][0]["last_used_at"].is_string());
}

/// A key must not be able to do what its scopes do not list, and none can do what no scope lists.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_scopes_do_not_list_is_refused() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let all: Vec<&str> = service_kit::identity::tables::scopes().iter().map(|row| row.name).collect();
    let everything = create(&auth, PERSONAL, &ada, key(&all)).await.expect(201);
    let token = text(&exchange(&auth, &text(&everything["api_key"])).await.expect(200)["token"]);
    auth.send("GET", "/api/companies", &token, None).await.expect(200);
    for (method, path, body) in [
        ("POST", PERSONAL.to_owned(), Some(key(&["company:read"]))),
        ("GET", PERSONAL.to_owned(), None),
        ("GET", "/api/user/me".to_owned(), None),
        ("GET", "/api/auth/sessions".to_owned(), None),
        ("POST", "/api/auth/logout-all".to_owned(), None),
        ("POST", "/api/user/export".to_owned(), None),
        ("DELETE", format!("/api/companies/{company}"), None),
        ("GET", format!("/api/companies/{company}/api-keys"), None),
        (
            "POST",
            "/api/teams/invite".to_owned(),
            Some(json!({"company_id": company, "email": "a@b.de", "role": "owner"})),
        ),
    ] {
        auth.send(method, &path, &token, body).await.expect_problem(403, "insufficient_scope");
    }
    let narrow = create(&auth, PERSONAL, &ada, key(&["bookings:read"])).await.expect(201);
    let token = text(&exchange(&auth, &text(&narrow["api_key"])).await.expect(200)["token"]);
    auth.send("GET", "/api/companies", &token, None).await.expect_problem(403, "insufficient_scope");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_revoked_expired_or_invented_identifies_nobody() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    let revoked = create(&auth, PERSONAL, &ada, key(&["bookings:read"])).await.expect(201);
    let mut body = key(&["bookings:read"]);
    body["expires_at"] = json!("2027-03-01T10:00:00+00:00");
    let short = create(&auth, PERSONAL, &ada, body).await.expect(201);

    let path = format!("/api/user/api-keys/{}", text(&revoked["id"]));
    auth.send("DELETE", &path, &eve.identity, None).await.expect_problem(404, "not_found");
    exchange(&auth, &text(&revoked["api_key"])).await.expect(200);
    auth.send("DELETE", &path, &ada.identity, None).await.expect(204);
    auth.send("DELETE", &path, &ada.identity, None).await.expect_problem(404, "not_found");
    let told = auth.service.events::<ApiKeyRevoked>().await;
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0].key_id, &told[0].user_id), (&text(&revoked["id"]), &ada.id));

    auth.service.advance_secs(3_400).await;
    let left = exchange(&auth, &text(&short["api_key"])).await.expect(200)["expires_in"].as_i64().unwrap();
    assert!((1..=200).contains(&left), "no token outlives its key: {left}");
    auth.service.advance_secs(200).await;
    for secret in [
        text(&revoked["api_key"]),
        text(&short["api_key"]),
        format!("rtk_{}", "A".repeat(43)),
        String::new(),
        "rtk_".to_owned(),
        ada.refresh_token.clone(),
        ada.access_token.clone(),
        format!("rtk_{}", "x".repeat(100_000)),
    ] {
        exchange(&auth, &secret).await.expect_problem(401, "invalid_api_key");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_owners_and_managers_make_a_companys_keys() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    let company = auth.company(&ada, "Keller").await;
    let manager = auth.colleague(&ada, &company, ("max@example.com", "manager")).await;
    let staff = auth.colleague(&ada, &company, ("sue@example.com", "staff")).await;
    let path = format!("/api/companies/{company}/api-keys");
    let made = create(&auth, &path, &manager, key(&["bookings:read"])).await.expect(201);
    let one = format!("{path}/{}", text(&made["id"]));
    for (person, status, code) in [(&staff, 403, "insufficient_role"), (&eve, 404, "not_found")] {
        create(&auth, &path, person, key(&["bookings:read"])).await.expect_problem(status, code);
        auth.send("GET", &path, &person.identity, None).await.expect_problem(status, code);
        auth.send("DELETE", &one, &person.identity, None).await.expect_problem(status, code);
    }
    auth.service.get(&path).send().await.expect_problem(401, "authentication_required");
    // Another company's key is not found by the path of one's own.
    let garage = auth.company(&eve, "Garage").await;
    let stranger = format!("/api/companies/{garage}/api-keys/{}", text(&made["id"]));
    auth.send("DELETE", &stranger, &auth.identity(&eve).await, None).await.expect_problem(404, "not_found");
    let unknown = format!("{path}/{UNKNOWN_KEY}");
    auth.send("DELETE", &unknown, &manager.identity, None).await.expect_problem(404, "not_found");
    assert!(auth.service.events::<ApiKeyRevoked>().await.is_empty());
    auth.send("DELETE", &one, &manager.identity, None).await.expect(204);
    assert_eq!(auth.service.events::<ApiKeyRevoked>().await[0].company_id, company);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_more_keys_than_the_limit_however_many_ask_at_once() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let answers = join_all((0..52).map(|_| create(&auth, PERSONAL, &ada, key(&["bookings:read"])))).await;
    let refused: Vec<_> = answers.into_iter().filter(|answer| answer.status != 201).collect();
    assert_eq!(refused.len(), 2);
    for answer in refused {
        answer.expect_problem(409, "too_many_api_keys");
    }
    let page = auth.send("GET", "/api/user/api-keys?limit=30", &ada.identity, None).await.expect(200);
    let next = format!("/api/user/api-keys?limit=30&cursor={}", text(&page["next_cursor"]));
    let rest = auth.send("GET", &next, &ada.identity, None).await.expect(200);
    assert_eq!(rest["data"].as_array().unwrap().len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_keys_are_refused_with_the_place() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    for (field, value) in [
        ("name", json!("")),
        ("name", json!("x".repeat(101))),
        ("name", json!("a\nb")),
        ("scopes", json!([])),
        ("scopes", json!(["admin"])),
        ("scopes", json!(["bookings:read studios:write"])),
        ("expires_at", json!("2027-03-01T08:00:00Z")),
        ("expires_at", json!("soon")),
        ("user_id", json!(ada.id)),
    ] {
        let mut body = key(&["bookings:read"]);
        body[field] = value;
        let problem = create(&auth, PERSONAL, &ada, body).await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"), "{problem}");
    }
    let mut body = key(&["bookings:read"]);
    body["password"] = PASSWORD.into();
    auth.post(PERSONAL, body).send().await.expect_problem(401, "authentication_required");
}
