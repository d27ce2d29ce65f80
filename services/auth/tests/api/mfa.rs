//! Signing in with a second factor, and looking after it.

use contracts::auth::v1::SecondFactorChanged;
use futures_util::future::join_all;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret, Totp};

use crate::support::{Auth, PASSWORD, Person, text};

/// An authenticator app.
pub struct App(Totp);

impl App {
    pub fn new(offer: &Value) -> Self {
        let secret = Secret::try_from_base32(text(&offer["secret"])).expect("base32");
        Self(Builder::new().with_secret(secret).build().expect("a TOTP generator"))
    }

    /// What it shows now.
    pub fn code(&self, auth: &Auth) -> String {
        self.code_in(auth, 0)
    }

    /// What it will show then.
    pub fn code_in(&self, auth: &Auth, secs: i64) -> String {
        let second = u64::try_from(auth.service.now().as_second() + secs).expect("after 1970");
        self.0.generate(second).to_string()
    }
}

/// Enrols an app; answers it and the recovery codes.
pub async fn enrol(auth: &Auth, person: &Person) -> (App, Vec<String>) {
    let offer = auth.post_as(person, "/api/auth/mfa/totp", json!({"password": PASSWORD})).await.expect(200);
    let app = App::new(&offer);
    let body = json!({"totp": app.code(auth)});
    let confirmed = auth.post_as(person, "/api/auth/mfa/totp/confirm", body).await.expect(200);
    let codes = confirmed["recovery_codes"].as_array().expect("a list").iter().map(text).collect();
    // The code that has confirmed is used up.
    auth.service.advance_secs(30).await;
    (app, codes)
}

async fn changes(auth: &Auth) -> Vec<String> {
    auth.service.events::<SecondFactorChanged>().await.into_iter().map(|event| event.change).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_second_factor_the_password_alone_opens_nothing() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let (app, _) = enrol(&auth, &ada).await;
    auth.sign_in("ada@example.com", None).await.expect_problem(401, "mfa_required");
    for wrong in ["", "000000", "12345", "no code at all", &"1".repeat(64)] {
        auth.sign_in("ada@example.com", Some(wrong)).await.expect_problem(401, "invalid_mfa_code");
    }
    let long = auth.sign_in("ada@example.com", Some(&"1".repeat(65))).await.expect_problem(422, "validation_failed");
    assert_eq!(long["errors"][0]["pointer"], "/totp");
    auth.sign_in("ada@example.com", Some(&app.code(&auth))).await.expect(200);
    assert_eq!(changes(&auth).await, ["totp_enabled"]);
    let reasons: Vec<_> = auth.trail_of("logged_in").await.into_iter().filter_map(|(_, reason)| reason).collect();
    assert_eq!(reasons[0], "mfa_required");
    assert!(reasons[1..].iter().all(|reason| reason == "wrong_code"), "{reasons:?}");
}

/// A code tells nothing to somebody who does not know the password, right or wrong.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_password_learns_of_a_second_factor() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let (app, _) = enrol(&auth, &ada).await;
    for code in [None, Some(app.code(&auth))] {
        let body = json!({"email": "ada@example.com", "password": "wrong", "totp": code});
        auth.post("/api/auth/login", body).send().await.expect_problem(401, "invalid_credentials");
    }
    auth.sign_in("ada@example.com", Some(&app.code(&auth))).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_code_is_accepted_twice_nor_after_a_later_one() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let (app, _) = enrol(&auth, &ada).await;
    let (now, next) = (app.code(&auth), app.code_in(&auth, 30));
    let answers = join_all((0..5).map(|_| auth.sign_in("ada@example.com", Some(&now)))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    auth.sign_in("ada@example.com", Some(&next)).await.expect(200);
    for used in [&now, &next] {
        auth.sign_in("ada@example.com", Some(used)).await.expect_problem(401, "invalid_mfa_code");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_code_that_confirmed_the_enrolment_signs_nobody_in() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let offer = auth.post_as(&ada, "/api/auth/mfa/totp", json!({"password": PASSWORD})).await.expect(200);
    let app = App::new(&offer);
    let code = app.code(&auth);
    auth.post_as(&ada, "/api/auth/mfa/totp/confirm", json!({"totp": code})).await.expect(200);
    auth.sign_in("ada@example.com", Some(&code)).await.expect_problem(401, "invalid_mfa_code");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_codes_lock_as_wrong_passwords_do() {
    let auth = Auth::with(&[("auth_lockout_threshold", "3")]).await;
    let ada = auth.person("ada@example.com").await;
    let (app, _) = enrol(&auth, &ada).await;
    for _ in 0..3 {
        auth.sign_in("ada@example.com", Some("000000")).await.expect_problem(401, "invalid_mfa_code");
        // Whoever leaves the code out begins no new count.
        let _ = auth.sign_in("ada@example.com", None).await;
    }
    auth.sign_in("ada@example.com", Some(&app.code(&auth))).await.expect_problem(401, "invalid_credentials");
    auth.service.advance_secs(61).await;
    auth.sign_in("ada@example.com", Some(&app.code(&auth))).await.expect(200);
}

/// Whoever has the password alone finds no request that begins a new count.
#[tokio::test(flavor = "multi_thread")]
async fn the_password_without_a_code_does_not_clear_the_count_of_wrong_codes() {
    let auth = Auth::with(&[("auth_lockout_threshold", "3")]).await;
    for (email, path) in
        [("ada@example.com", "/api/auth/login/mfa/totp/confirm"), ("eve@example.com", "/api/auth/mfa/totp")]
    {
        let person = auth.person(email).await;
        let (app, _) = enrol(&auth, &person).await;
        for _ in 0..2 {
            auth.sign_in(email, Some("000000")).await.expect_problem(401, "invalid_mfa_code");
        }
        let mut body = json!({"password": PASSWORD});
        if path.contains("login") {
            body["email"] = email.into();
            body["totp"] = "000000".into();
        }
        auth.post_as(&person, path, body).await.expect_problem(409, "mfa_already_enabled");
        auth.sign_in(email, Some("000000")).await.expect_problem(401, "invalid_mfa_code");
        auth.sign_in(email, Some(&app.code(&auth))).await.expect_problem(401, "invalid_credentials");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_recovery_code_stands_in_once() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let eve = auth.person("eve@example.com").await;
    let (_, codes) = enrol(&auth, &ada).await;
    let (_, eves_codes) = enrol(&auth, &eve).await;
    assert_eq!(codes.len(), 10);
    let answers = join_all((0..4).map(|_| auth.sign_in("ada@example.com", Some(&codes[0])))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    auth.sign_in("ada@example.com", Some(&codes[1].to_uppercase().replace('-', " "))).await.expect(200);
    auth.sign_in("ada@example.com", Some(&eves_codes[0])).await.expect_problem(401, "invalid_mfa_code");
    let status = auth.service.get("/api/auth/mfa").bearer(&ada.identity).send().await.expect(200);
    assert_eq!(status["recovery_codes_left"], 8);
    assert_eq!(changes(&auth).await.iter().filter(|change| *change == "recovery_code_used").count(), 2);
    assert_eq!(auth.trail_of("recovery_code_used").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_recovery_codes_void_the_ones_before() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let (app, old) = enrol(&auth, &ada).await;
    let path = "/api/auth/mfa/recovery-codes";
    auth.post_as(&ada, path, json!({"password": PASSWORD})).await.expect_problem(403, "mfa_required");
    let wrong = json!({"password": "wrong", "totp": app.code(&auth)});
    auth.post_as(&ada, path, wrong).await.expect_problem(403, "wrong_password");
    let wrong = json!({"password": PASSWORD, "totp": "000000"});
    auth.post_as(&ada, path, wrong).await.expect_problem(403, "invalid_mfa_code");
    let body = json!({"password": PASSWORD, "totp": app.code(&auth)});
    let replaced = auth.post_as(&ada, path, body).await.expect(200);
    auth.sign_in("ada@example.com", Some(&old[0])).await.expect_problem(401, "invalid_mfa_code");
    auth.sign_in("ada@example.com", Some(&text(&replaced["recovery_codes"][9]))).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_given_up_with_all_factors_only() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let path = "/api/auth/mfa/totp/disable";
    auth.post_as(&ada, path, json!({"password": PASSWORD})).await.expect_problem(409, "mfa_not_enabled");
    let (app, codes) = enrol(&auth, &ada).await;
    auth.post_as(&ada, path, json!({"password": PASSWORD})).await.expect_problem(403, "mfa_required");
    let wrong = json!({"password": "wrong", "totp": app.code(&auth)});
    auth.post_as(&ada, path, wrong).await.expect_problem(403, "wrong_password");
    assert_eq!(auth.post_as(&ada, path, json!({"password": PASSWORD, "totp": codes[0]})).await.status, 204);
    auth.sign_in("ada@example.com", None).await.expect(200);
    let status = auth.service.get("/api/auth/mfa").bearer(&ada.identity).send().await.expect(200);
    assert_eq!(status, json!({"totp_enabled": false, "totp_enabled_at": null, "recovery_codes_left": 0}));
    assert_eq!(changes(&auth).await, ["totp_enabled", "recovery_code_used", "totp_disabled"]);
    assert_eq!(auth.trail_of("mfa_disabled").await.len(), 1);
}

/// The mailbox is not the second factor.
#[tokio::test(flavor = "multi_thread")]
async fn a_password_reset_leaves_the_second_factor() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let (app, _) = enrol(&auth, &ada).await;
    auth.asked("/api/auth/password/forgot", json!({"email": "ada@example.com"})).await.expect(202);
    let order = auth.service.events::<contracts::auth::v1::PasswordResetRequested>().await.pop().unwrap();
    let body = json!({"token": auth.secret_of_mail(&order.token_id).await, "password": PASSWORD});
    assert_eq!(auth.post("/api/auth/password/reset", body).send().await.status, 204);
    auth.sign_in("ada@example.com", None).await.expect_problem(401, "mfa_required");
    auth.sign_in("ada@example.com", Some(&app.code(&auth))).await.expect(200);
}
