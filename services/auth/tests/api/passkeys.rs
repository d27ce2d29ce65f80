use auth::admin::create_platform_admin;
use contracts::auth::v1::SecondFactorChanged;
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use testkit::{Authenticator, TestResponse};

use crate::{
    mfa::enrol,
    support::{Auth, PASSWORD, Person, claims, text},
};

async fn begin_registration(auth: &Auth, person: &Person) -> Value {
    let body = json!({"password": PASSWORD});
    auth.post_as(person, "/api/auth/passkeys/register/begin", body).await.expect(200)
}

async fn finish_registration(auth: &Auth, person: &Person, begun: &Value, credential: Value) -> TestResponse {
    let body = json!({"ceremony_id": begun["ceremony_id"], "name": "Phone", "credential": credential});
    auth.post_as(person, "/api/auth/passkeys/register/finish", body).await
}

/// A registered passkey, and its id.
pub async fn register(auth: &Auth, person: &Person) -> (Authenticator, String) {
    let begun = begin_registration(auth, person).await;
    let device = Authenticator::new(&begun["options"]);
    let passkey = finish_registration(auth, person, &begun, device.create(&begun["options"])).await.expect(201);
    (device, text(&passkey["id"]))
}

async fn begin_login(auth: &Auth) -> Value {
    auth.service.post("/api/auth/login/passkey/begin").send().await.expect(200)
}

async fn finish_login(auth: &Auth, begun: &Value, credential: Value) -> TestResponse {
    let body = json!({"ceremony_id": begun["ceremony_id"], "credential": credential});
    auth.post("/api/auth/login/passkey/finish", body).send().await
}

pub async fn log_in(auth: &Auth, device: &mut Authenticator) -> TestResponse {
    let begun = begin_login(auth).await;
    let credential = device.get(&begun["options"]);
    finish_login(auth, &begun, credential).await
}

async fn list(auth: &Auth, person: &Person, query: &str) -> Value {
    auth.service.get(&format!("/api/auth/passkeys{query}")).bearer(&person.identity).send().await.expect(200)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_signs_in_without_an_address_or_a_password() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let begun = begin_registration(&auth, &ada).await;
    let selection = &begun["options"]["publicKey"]["authenticatorSelection"];
    assert_eq!((&selection["residentKey"], &selection["userVerification"]), (&json!("required"), &json!("required")));
    let mut device = Authenticator::new(&begun["options"]);
    let passkey = finish_registration(&auth, &ada, &begun, device.create(&begun["options"])).await.expect(201);
    assert_eq!((&passkey["name"], &passkey["last_used_at"]), (&json!("Phone"), &json!(null)));

    for _ in 0..2 {
        let tokens = log_in(&auth, &mut device).await.expect(200);
        assert_eq!(tokens["user"]["id"], json!(ada.id));
        auth.signed_in(&tokens).await;
    }
    assert!(list(&auth, &ada, "").await["data"][0]["last_used_at"].is_string());
    let told = auth.service.events::<SecondFactorChanged>().await;
    assert_eq!(told.iter().map(|event| event.change.as_str()).collect::<Vec<_>>(), ["passkey_added"]);
    let by: Vec<Value> = auth.trail().await.into_iter().map(|event| event["detail"]["by"].clone()).collect();
    assert_eq!(by.iter().filter(|by| **by == "passkey").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_begins_again_and_again_leaves_few_challenges_behind() {
    let auth = Auth::start().await;
    let (ada, eve) = (auth.person("ada@example.com").await, auth.person("eve@example.com").await);
    let of_eve = begin_registration(&auth, &eve).await;
    let mut begun = Vec::new();
    for _ in 0..7 {
        begun.push(begin_registration(&auth, &ada).await);
    }
    let finish = async |person: &Person, begun: &Value| {
        let device = Authenticator::new(&begun["options"]);
        finish_registration(&auth, person, begun, device.create(&begun["options"])).await
    };
    finish(&ada, &begun[1]).await.expect_problem(410, "passkey_ceremony_over");
    for kept in [&begun[2], &begun[6]] {
        finish(&ada, kept).await.expect(201);
    }
    finish(&eve, &of_eve).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_both_factors() {
    let auth = Auth::with(&[("auth_require_admin_mfa", "true")]).await;
    let ada = auth.person("ada@example.com").await;
    let (mut device, id) = register(&auth, &ada).await;
    create_platform_admin(&auth.service.db, "ada@example.com", "Ada", PASSWORD.into()).await.unwrap();
    let tokens = log_in(&auth, &mut device).await.expect(200);
    assert_eq!(claims(&auth.signed_in(&tokens).await.identity)["platform_role"], "admin");
    auth.sign_in("ada@example.com", None).await.expect_problem(403, "mfa_enrolment_required");

    // The password alone enrols nothing in its place, neither at the login nor in a session of one factor.
    let mut body = json!({"email": "ada@example.com", "password": PASSWORD});
    auth.post("/api/auth/login/mfa/totp", body.clone()).send().await.expect_problem(403, "sign_in_by_passkey");
    body["totp"] = "123456".into();
    auth.post("/api/auth/login/mfa/totp/confirm", body).send().await.expect_problem(403, "sign_in_by_passkey");
    let start = async |person: &Person| auth.post_as(person, "/api/auth/mfa/totp", json!({"password": PASSWORD})).await;
    start(&ada).await.expect_problem(403, "sign_in_by_passkey");
    let confirm = auth.post_as(&ada, "/api/auth/mfa/totp/confirm", json!({"totp": "123456"})).await;
    confirm.expect_problem(403, "sign_in_by_passkey");
    // Nor does it take the passkey away, or put another one beside it.
    let body = json!({"password": PASSWORD});
    let begun = auth.post_as(&ada, "/api/auth/passkeys/register/begin", body.clone()).await;
    begun.expect_problem(403, "mfa_enrolment_required");
    let removed = auth.send("DELETE", &format!("/api/auth/passkeys/{id}"), &ada.identity, Some(body)).await;
    removed.expect_problem(403, "mfa_enrolment_required");
    let refused = auth.trail_of("mfa_enrolment_started").await;
    assert_eq!(refused, vec![("failure".to_owned(), Some("sign_in_by_passkey".to_owned())); 2]);
    enrol(&auth, &auth.signed_in(&tokens).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_removed_with_every_factor_only() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let (app, _) = enrol(&auth, &ada).await;
    let begun = json!({"password": PASSWORD, "totp": app.code(&auth)});
    let begun = auth.post_as(&ada, "/api/auth/passkeys/register/begin", begun).await.expect(200);
    let mut device = Authenticator::new(&begun["options"]);
    let passkey = finish_registration(&auth, &ada, &begun, device.create(&begun["options"])).await.expect(201);
    auth.service.advance_secs(30).await;
    let path = format!("/api/auth/passkeys/{}", text(&passkey["id"]));
    let remove = async |body: Option<Value>| auth.send("DELETE", &path, &ada.identity, body).await;
    assert!(remove(None).await.status.is_client_error());
    remove(Some(json!({"password": "wrong", "totp": app.code(&auth)}))).await.expect_problem(403, "wrong_password");
    remove(Some(json!({"password": PASSWORD}))).await.expect_problem(403, "mfa_required");
    remove(Some(json!({"password": PASSWORD, "totp": "000000"}))).await.expect_problem(403, "invalid_mfa_code");
    log_in(&auth, &mut device).await.expect(200);
    assert_eq!(remove(Some(json!({"password": PASSWORD, "totp": app.code(&auth)}))).await.status, 204);
    log_in(&auth, &mut device).await.expect_problem(401, "invalid_passkey");
}

/// A copied key does not know how often the original has signed.
#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_goes_back_is_a_copied_key() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let (mut device, _) = register(&auth, &ada).await;
    device.counter = 10;
    log_in(&auth, &mut device).await.expect(200);
    for behind in [10, 5, 0] {
        device.counter = behind;
        log_in(&auth, &mut device).await.expect_problem(401, "invalid_passkey");
    }
    device.counter = 11;
    log_in(&auth, &mut device).await.expect(200);
    let reasons = auth.trail_of("logged_in").await;
    let went_back = reasons.iter().filter(|(_, reason)| reason.as_deref() == Some("signature_counter_went_back"));
    assert_eq!(went_back.count(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_answered_once_and_in_time() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let (mut device, _) = register(&auth, &ada).await;
    let begun = begin_login(&auth).await;
    let credential = device.get(&begun["options"]);
    let answers = join_all((0..5).map(|_| finish_login(&auth, &begun, credential.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    finish_login(&auth, &begun, credential).await.expect_problem(410, "passkey_ceremony_over");

    let login = begin_login(&auth).await;
    let registration = begin_registration(&auth, &ada).await;
    auth.service.advance_secs(5 * 60).await;
    let late = device.get(&login["options"]);
    finish_login(&auth, &login, late).await.expect_problem(410, "passkey_ceremony_over");
    let late = Authenticator::new(&registration["options"]).create(&registration["options"]);
    finish_registration(&auth, &ada, &registration, late).await.expect_problem(410, "passkey_ceremony_over");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_other_pages_challenges_and_devices_are_refused() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let (mut device, _) = register(&auth, &ada).await;

    device.origin = "http://localhost.evil.example:8080".to_owned();
    log_in(&auth, &mut device).await.expect_problem(401, "invalid_passkey");
    device.origin = testkit::ORIGIN.to_owned();
    device.verifies_user = false;
    log_in(&auth, &mut device).await.expect_problem(401, "invalid_passkey");
    device.verifies_user = true;

    let (one, other) = (begin_login(&auth).await, begin_login(&auth).await);
    let answer = device.get(&one["options"]);
    finish_login(&auth, &other, answer).await.expect_problem(401, "invalid_passkey");
    let mut forged = device.get(&one["options"]);
    forged["response"]["signature"] = json!("MEUCIQ");
    finish_login(&auth, &one, forged).await.expect_problem(401, "invalid_passkey");

    let begun = begin_registration(&auth, &ada).await;
    let mut stranger = Authenticator::new(&begun["options"]);
    log_in(&auth, &mut stranger).await.expect_problem(401, "invalid_passkey");
    stranger.verifies_user = false;
    let unverified = stranger.create(&begun["options"]);
    finish_registration(&auth, &ada, &begun, unverified).await.expect_problem(422, "passkey_not_accepted");
    let again = stranger.create(&begun["options"]);
    finish_registration(&auth, &ada, &begun, again).await.expect_problem(410, "passkey_ceremony_over");
    let body = json!({"ceremony_id": begun["ceremony_id"], "credential": {"id": "x"}});
    auth.post("/api/auth/login/passkey/finish", body).send().await.expect_problem(422, "validation_failed");
    log_in(&auth, &mut device).await.expect(200);
}

/// A registration is its owner's: neither a login nor another person can finish it.
#[tokio::test(flavor = "multi_thread")]
async fn a_registration_is_finished_by_who_began_it() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    let begun = begin_registration(&auth, &ada).await;
    let mut device = Authenticator::new(&begun["options"]);
    let answer = device.create(&begun["options"]);
    finish_registration(&auth, &eve, &begun, answer.clone()).await.expect_problem(410, "passkey_ceremony_over");
    let login = device.get(&begin_login(&auth).await["options"]);
    finish_login(&auth, &begun, login).await.expect_problem(410, "passkey_ceremony_over");
    finish_registration(&auth, &ada, &begun, answer).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_is_registered_once() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    let begun = begin_registration(&auth, &ada).await;
    let mut device = Authenticator::new(&begun["options"]);
    finish_registration(&auth, &ada, &begun, device.create(&begun["options"])).await.expect(201);
    let begun = begin_registration(&auth, &ada).await;
    assert_eq!(begun["options"]["publicKey"]["excludeCredentials"].as_array().unwrap().len(), 1);
    let again = finish_registration(&auth, &ada, &begun, device.create(&begun["options"])).await;
    again.expect_problem(422, "passkey_not_accepted");
    let begun = begin_registration(&auth, &eve).await;
    let taken = finish_registration(&auth, &eve, &begun, device.create(&begun["options"])).await;
    taken.expect_problem(409, "passkey_exists");
    assert_eq!(log_in(&auth, &mut device).await.expect(200)["user"]["id"], json!(ada.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_passkey_needs_every_factor_of_its_owner() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let path = "/api/auth/passkeys/register/begin";
    auth.post_as(&ada, path, json!({"password": "wrong"})).await.expect_problem(403, "wrong_password");
    auth.post(path, json!({"password": PASSWORD})).send().await.expect_problem(401, "authentication_required");
    let (app, _) = enrol(&auth, &ada).await;
    auth.post_as(&ada, path, json!({"password": PASSWORD})).await.expect_problem(403, "mfa_required");
    let body = json!({"password": PASSWORD, "totp": app.code(&auth)});
    auth.post_as(&ada, path, body).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn passkeys_are_listed_renamed_and_removed_by_their_owner() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    let (mut phone, phone_id) = register(&auth, &ada).await;
    let (mut laptop, laptop_id) = register(&auth, &ada).await;
    let first = list(&auth, &ada, "?limit=1").await;
    assert_eq!(first["data"][0]["id"], json!(laptop_id));
    let second = list(&auth, &ada, &format!("?limit=1&cursor={}", text(&first["next_cursor"]))).await;
    assert_eq!((&second["data"][0]["id"], &second["next_cursor"]), (&json!(phone_id), &json!(null)));
    assert_eq!(list(&auth, &eve, "").await["data"], json!([]));

    let request = async |method: Method, id: &str, person: &Person, body: Option<Value>| {
        let request = auth.service.request(method, &format!("/api/auth/passkeys/{id}")).bearer(&person.identity);
        body.into_iter().fold(request, testkit::TestRequest::json).send().await
    };
    let name = |name: &str| Some(json!({"name": name}));
    assert_eq!(request(Method::PUT, &phone_id, &ada, name(" Old phone ")).await.expect(200)["name"], "Old phone");
    request(Method::PUT, &phone_id, &ada, name("")).await.expect_problem(422, "validation_failed");
    request(Method::PUT, &phone_id, &eve, name("Mine")).await.expect_problem(404, "not_found");
    let password = || Some(json!({"password": PASSWORD}));
    request(Method::DELETE, &phone_id, &eve, password()).await.expect_problem(404, "not_found");
    request(Method::DELETE, "psk_1", &ada, password()).await.expect_problem(404, "not_found");
    assert_eq!(request(Method::DELETE, &phone_id, &ada, password()).await.status, 204);
    request(Method::DELETE, &phone_id, &ada, password()).await.expect_problem(404, "not_found");
    log_in(&auth, &mut phone).await.expect_problem(401, "invalid_passkey");
    log_in(&auth, &mut laptop).await.expect(200);
    for kind in ["passkey_added", "passkey_renamed", "passkey_removed"] {
        assert!(!auth.trail_of(kind).await.is_empty(), "{kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_has_a_bounded_number_of_passkeys() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    for _ in 0..20 {
        register(&auth, &ada).await;
    }
    let body = json!({"password": PASSWORD});
    let more = auth.post_as(&ada, "/api/auth/passkeys/register/begin", body).await;
    more.expect_problem(409, "too_many_passkeys");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_account_is_not_entered_by_a_passkey_that_was_left() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let (mut device, _) = register(&auth, &ada).await;
    let mut conn = auth.service.db.conn().await.unwrap();
    diesel::sql_query("UPDATE users SET email_verified_at = NULL").execute(&mut *conn).await.unwrap();
    log_in(&auth, &mut device).await.expect_problem(401, "invalid_passkey");
}
