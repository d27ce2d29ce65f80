//! Enrolling a second factor: by choice, and because a role asks for it.

use auth::admin::create_platform_admin;
use serde_json::{Value, json};
use testkit::TestResponse;

use crate::{
    mfa::{App, enrol},
    support::{Auth, PASSWORD, claims, text},
};

#[tokio::test(flavor = "multi_thread")]
async fn enrolling_needs_the_password_and_a_first_code() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let start = async |password: &str| auth.post_as(&ada, "/api/auth/mfa/totp", json!({"password": password})).await;
    let confirm = async |code: &str| auth.post_as(&ada, "/api/auth/mfa/totp/confirm", json!({"totp": code})).await;
    confirm("123456").await.expect_problem(409, "mfa_enrolment_not_started");
    start("wrong").await.expect_problem(403, "wrong_password");
    let offer = start(PASSWORD).await.expect(200);
    let url = text(&offer["otpauth_url"]);
    assert!(url.starts_with("otpauth://totp/Roomtone:") && url.contains(&text(&offer["secret"])), "{url}");
    let problem = confirm("000000").await.expect_problem(422, "invalid_mfa_code");
    assert_eq!(problem["errors"][0]["pointer"], "/totp");
    auth.sign_in("ada@example.com", None).await.expect(200);

    confirm(&App::new(&offer).code(&auth)).await.expect(200);
    start(PASSWORD).await.expect_problem(409, "mfa_already_enabled");
    confirm("123456").await.expect_problem(409, "mfa_already_enabled");
    let status = auth.service.get("/api/auth/mfa").bearer(&ada.identity).send().await.expect(200);
    assert_eq!((&status["totp_enabled"], &status["recovery_codes_left"]), (&json!(true), &json!(10)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_lapses_with_time_and_with_the_next_one() {
    let auth = Auth::start().await;
    let ada = auth.person("ada@example.com").await;
    let start = async || {
        let ada = auth.renewed(&ada).await;
        let offer = auth.post_as(&ada, "/api/auth/mfa/totp", json!({"password": PASSWORD})).await;
        App::new(&offer.expect(200))
    };
    let confirm = async |app: &App| {
        let ada = auth.renewed(&ada).await;
        auth.post_as(&ada, "/api/auth/mfa/totp/confirm", json!({"totp": app.code(&auth)})).await
    };
    let (first, second) = (start().await, start().await);
    confirm(&first).await.expect_problem(422, "invalid_mfa_code");
    // The clean-up is a job, and the sandbox's clock runs all of them: either way nothing can be confirmed.
    auth.service.advance_secs(15 * 60).await;
    let late = confirm(&second).await;
    assert!([409, 410].contains(&late.status.as_u16()), "{}", late.text);
    auth.sign_in("ada@example.com", None).await.expect(200);
    assert_eq!(confirm(&start().await).await.status, 200);
}

async fn admin(auth: &Auth) {
    create_platform_admin(&auth.service.db, "admin@example.com", "Ada", PASSWORD.into()).await.unwrap();
}

fn credentials() -> Value {
    json!({"email": "admin@example.com", "password": PASSWORD})
}

async fn start_at_login(auth: &Auth, body: Value) -> TestResponse {
    auth.post("/api/auth/login/mfa/totp", body).send().await
}

async fn confirm_at_login(auth: &Auth, code: &str) -> TestResponse {
    let mut body = credentials();
    body["totp"] = code.into();
    auth.post("/api/auth/login/mfa/totp/confirm", body).send().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_without_a_second_factor_may_only_enrol_one() {
    let auth = Auth::with(&[("auth_require_admin_mfa", "true")]).await;
    admin(&auth).await;
    auth.person("ada@example.com").await;
    auth.sign_in("ada@example.com", None).await.expect(200);
    auth.sign_in("admin@example.com", None).await.expect_problem(403, "mfa_enrolment_required");
    let wrong = json!({"email": "admin@example.com", "password": "wrong"});
    auth.post("/api/auth/login", wrong.clone()).send().await.expect_problem(401, "invalid_credentials");

    start_at_login(&auth, wrong).await.expect_problem(401, "invalid_credentials");
    confirm_at_login(&auth, "123456").await.expect_problem(409, "mfa_enrolment_not_started");
    let app = App::new(&start_at_login(&auth, credentials()).await.expect(200));
    confirm_at_login(&auth, "000000").await.expect_problem(422, "invalid_mfa_code");
    let enrolled = confirm_at_login(&auth, &app.code(&auth)).await.expect(200);
    assert_eq!(enrolled["recovery_codes"].as_array().unwrap().len(), 10);

    let admin = auth.signed_in(&enrolled["tokens"]).await;
    assert_eq!(claims(&admin.identity)["platform_role"], "admin");
    auth.service.get("/api/admin/audit").bearer(&admin.identity).send().await.expect(200);
    start_at_login(&auth, credentials()).await.expect_problem(401, "mfa_required");
    confirm_at_login(&auth, "123456").await.expect_problem(409, "mfa_already_enabled");
    auth.service.advance_secs(30).await;
    let body = json!({"password": PASSWORD, "totp": app.code(&auth)});
    auth.post_as(&admin, "/api/auth/mfa/totp/disable", body).await.expect_problem(403, "mfa_required_of_admins");
    auth.service.advance_secs(30).await;
    auth.sign_in("admin@example.com", Some(&app.code(&auth))).await.expect(200);
}

/// Enrolling without a session is no way around the lock.
#[tokio::test(flavor = "multi_thread")]
async fn enrolling_at_login_counts_as_a_login() {
    let auth = Auth::with(&[("auth_require_admin_mfa", "true"), ("auth_lockout_threshold", "2")]).await;
    admin(&auth).await;
    for _ in 0..2 {
        let wrong = json!({"email": "admin@example.com", "password": "wrong"});
        start_at_login(&auth, wrong).await.expect_problem(401, "invalid_credentials");
    }
    start_at_login(&auth, credentials()).await.expect_problem(401, "invalid_credentials");
    let unknown = json!({"email": "nobody@example.com", "password": PASSWORD});
    start_at_login(&auth, unknown).await.expect_problem(401, "invalid_credentials");
}

/// A session from before somebody became an administrator has not proved what the role asks for.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_one_factor_has_no_power_over_the_platform() {
    let auth = Auth::with(&[("auth_require_admin_mfa", "true")]).await;
    let ada = auth.person("ada@example.com").await;
    create_platform_admin(&auth.service.db, "ada@example.com", "Ada", PASSWORD.into()).await.unwrap();
    let identity = async || text(&auth.exchange(&ada.id, &ada.session_id).await.expect(200)["token"]);
    assert!(claims(&identity().await)["platform_role"].is_null());
    enrol(&auth, &ada).await;
    let identity = identity().await;
    assert_eq!(claims(&identity)["platform_role"], "admin", "the session has proved the second factor by enrolling it");
    auth.service.get("/api/admin/audit").bearer(&identity).send().await.expect(200);
}
