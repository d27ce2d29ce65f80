use contracts::auth::v1::{UserRegistered, UserVerified, VerificationRequested};
use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Auth, PASSWORD, claims, text};

const DAY: i64 = 24 * 3600;

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_becomes_a_verified_user_who_is_signed_in() {
    let auth = Auth::start().await;
    let answer = auth.register("Ada@Example.COM").await.expect(202);
    assert_eq!(answer, json!({"status": "verification_sent"}));

    let tokens = auth.verify(&auth.newest_secret().await).await.expect(200);
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 600);
    let user = &tokens["user"];
    assert_eq!(user["email"], "Ada@example.com");
    assert_eq!(user["email_verified"], true);
    assert_eq!(user["role"], "customer");
    assert_eq!(user["companies"], json!([]));
    assert!(user["platform_role"].is_null() && user["photo_url"].is_null());
    assert_eq!(claims(&text(&tokens["access_token"]))["sub"], user["id"]);
    auth.log_in("ada@example.com", PASSWORD).await.expect(200);

    let registered = auth.service.events::<UserRegistered>().await;
    let verified = auth.service.events::<UserVerified>().await;
    assert_eq!((registered.len(), verified.len()), (1, 1));
    assert_eq!(registered[0].user_id, text(&user["id"]));
    assert_eq!(verified[0].email, "Ada@example.com");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_address_is_answered_like_a_new_one_and_not_mailed_when_it_is_verified() {
    let auth = Auth::start().await;
    let first = auth.register("ada@example.com").await;
    let again = auth.register("ADA@example.com").await;
    assert_eq!((first.status, &first.text), (again.status, &again.text));
    assert_eq!(auth.ordered_mails().await.len(), 2, "an unverified address is mailed again");

    auth.verify(&auth.newest_secret().await).await.expect(200);
    let known = auth.register("ada@example.com").await;
    assert_eq!((first.status, &first.text), (known.status, &known.text));
    assert_eq!(auth.ordered_mails().await.len(), 2);
    assert_eq!(auth.service.events::<UserRegistered>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_registered_at_once_is_one_account() {
    let auth = Auth::start().await;
    let attempts = (0..8).map(|_| auth.register("ada@example.com"));
    for answer in join_all(attempts).await {
        answer.expect(202);
    }
    assert_eq!(auth.service.events::<UserRegistered>().await.len(), 1);
    assert_eq!(auth.ordered_mails().await.len(), 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_once() {
    let auth = Auth::start().await;
    auth.register("ada@example.com").await.expect(202);
    let secret = auth.newest_secret().await;
    let attempts = join_all((0..5).map(|_| auth.verify(&secret))).await;
    let accepted = attempts.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(accepted, 1);
    auth.verify(&secret).await.expect_problem(410, "one_time_token_used");
    assert_eq!(auth.service.events::<UserVerified>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_ends_after_a_day() {
    let auth = Auth::start().await;
    auth.register("ada@example.com").await.expect(202);
    let secret = auth.newest_secret().await;
    let token_id = auth.ordered_mails().await[0].token_id.clone();
    auth.service.advance_secs(DAY).await;
    auth.verify(&secret).await.expect_problem(410, "one_time_token_expired");
    assert_eq!(auth.mint(&token_id).await.status, 404);
    auth.service.advance_secs(8 * DAY).await;
    auth.verify(&secret).await.expect_problem(422, "one_time_token_invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_secret_minted_last_works() {
    let auth = Auth::start().await;
    auth.register("ada@example.com").await.expect(202);
    let first = auth.newest_secret().await;
    let second = auth.newest_secret().await;
    auth.verify(&first).await.expect_problem(422, "one_time_token_invalid");
    auth.verify(&second).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_no_link() {
    let auth = Auth::start().await;
    for secret in ["", "rto_", "x", &"y".repeat(10_000)] {
        let problem = auth.verify(secret).await.expect_problem(422, "one_time_token_invalid");
        assert_eq!(problem["errors"][0]["pointer"], "/token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_mail_can_be_asked_for_a_limited_number_of_times() {
    let auth = Auth::with(&[("auth_verifications_per_hour", "3")]).await;
    auth.register("ada@example.com").await.expect(202);
    let resend = async |email: &str| {
        let answer = auth.asked("/api/auth/verify-email/resend", json!({"email": email})).await.expect(202);
        assert_eq!(answer, json!({"status": "verification_sent"}));
    };
    for _ in 0..5 {
        resend("ada@example.com").await;
    }
    resend("nobody@example.com").await;
    assert_eq!(auth.ordered_mails().await.len(), 3);
    auth.register("ada@example.com").await.expect(202);
    assert_eq!(auth.ordered_mails().await.len(), 3, "registering again is no way around the limit");

    auth.service.advance_secs(3601).await;
    resend("ada@example.com").await;
    assert_eq!(auth.ordered_mails().await.len(), 4);
    auth.verify(&auth.newest_secret().await).await.expect(200);
    resend("ada@example.com").await;
    assert_eq!(auth.ordered_mails().await.len(), 4, "a verified address needs no mail");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_tell_the_token_and_never_a_secret() {
    let auth = Auth::start().await;
    auth.register("ada@example.com").await.expect(202);
    let mail: VerificationRequested = auth.ordered_mails().await.remove(0);
    assert!(mail.token_id.starts_with("ott_"));
    assert_eq!((mail.email.as_str(), mail.name.as_str()), ("ada@example.com", "Ada Lovelace"));
    assert!(mail.user_id.starts_with("usr_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_registrations_are_refused_with_the_place() {
    let auth = Auth::start().await;
    let valid = json!({"email": "ada@example.com", "password": PASSWORD, "name": "Ada", "role": "customer"});
    let long = "x".repeat(129);
    for (field, value) in [
        ("email", json!("not an address")),
        ("email", json!("ada@example.com\r\nBcc: eve@example.com")),
        ("email", json!(7)),
        ("password", json!("eleven char")),
        ("password", json!(long)),
        ("password", json!(null)),
        ("name", json!("   ")),
        ("name", json!("Ada\u{0}")),
        ("role", json!("admin")),
    ] {
        let mut body = valid.clone();
        body[field] = value;
        let problem = auth.asked("/api/auth/register", body).await.expect_problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"), "{problem}");
    }
    let mut body = valid.clone();
    body["platform_role"] = json!("admin");
    auth.asked("/api/auth/register", body).await.expect_problem(422, "validation_failed");
    let request = auth.service.post("/api/auth/register").raw("application/json", "{");
    request.send().await.expect_problem(400, "malformed_json");
    let request = auth.service.post("/api/auth/register").raw("text/plain", valid.to_string());
    request.send().await.expect_problem(415, "unsupported_media_type");
    assert!(auth.service.event_types().await.is_empty(), "nothing is half-written");
}

/// Hashing a megabyte would be work for whoever sends it.
#[tokio::test(flavor = "multi_thread")]
async fn a_giant_password_is_refused_before_it_is_hashed() {
    // Nobody can be hashed for here: whoever gets as far as the queue is told 503.
    let auth = Auth::with(&[("auth_hash_workers", "1"), ("auth_hash_queue", "0")]).await;
    let body = |password: String| json!({"email": "a@b.de", "password": password, "name": "A", "role": "customer"});
    for path in ["/api/auth/register", "/api/auth/login"] {
        let giant = auth.post(path, body("x".repeat(1 << 20))).send().await;
        giant.expect_problem(413, "payload_too_large");
    }
    let long = json!({"email": "a@b.de", "password": "x".repeat(10_000)});
    auth.post("/api/auth/login", long).send().await.expect_problem(422, "validation_failed");
}
