//! A stranger who registers somebody's address beforehand must not know the password of the account in the end.

use contracts::auth::v1::PasswordResetRequested;
use serde_json::json;

use crate::support::{Auth, HOME};

const EMAIL: &str = "ada@example.com";
const OWNERS: &str = "the owner's password";
const STRANGERS: &str = "the stranger's password";

/// Where the stranger is.
const ELSEWHERE: &str = "203.0.113.66";

async fn register(auth: &Auth, password: &str) {
    register_from(auth, HOME, password).await;
}

async fn register_from(auth: &Auth, address: &str, password: &str) {
    let body = json!({"email": EMAIL, "password": password, "name": "Ada", "role": "studio_owner"});
    auth.asked_from(address, "/api/auth/register", body).await.expect(202);
}

async fn resend(auth: &Auth) {
    auth.asked("/api/auth/verify-email/resend", json!({"email": EMAIL})).await.expect(202);
}

/// The owner follows this link, is signed in, and chooses a password: nobody else's is any good.
async fn the_owner_gets_the_account(auth: &Auth, link: &str) {
    assert_eq!(auth.verify(link).await.expect(200)["password_set"], false);
    for password in [STRANGERS, OWNERS] {
        auth.log_in(EMAIL, password).await.expect_problem(401, "invalid_credentials");
    }
    auth.asked("/api/auth/password/forgot", json!({"email": EMAIL})).await.expect(202);
    let order = auth.service.events::<PasswordResetRequested>().await.pop().unwrap();
    let body = json!({"token": auth.secret_of_mail(&order.token_id).await, "password": OWNERS});
    auth.post("/api/auth/password/reset", body).send().await.expect(204);
    auth.log_in(EMAIL, OWNERS).await.expect(200);
}

/// The limit of mails keeps the owner's form from being mailed, so every link is of the stranger's forms.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_uses_the_mails_up_first_does_not_choose_the_password() {
    let auth = Auth::with(&[("auth_verifications_per_hour", "5")]).await;
    for _ in 0..5 {
        register(&auth, STRANGERS).await;
    }
    register(&auth, OWNERS).await;
    assert_eq!(auth.ordered_mails().await.len(), 5);
    the_owner_gets_the_account(&auth, &auth.newest_secret().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_has_one_form_mailed_again_does_not_choose_the_password() {
    let auth = Auth::with(&[("auth_verifications_per_hour", "5")]).await;
    register(&auth, STRANGERS).await;
    for _ in 0..4 {
        resend(&auth).await;
    }
    let link = auth.newest_secret().await;
    register(&auth, OWNERS).await;
    the_owner_gets_the_account(&auth, &link).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_who_registers_after_the_owner_does_not_choose_the_password() {
    for newest in [false, true] {
        let auth = Auth::start().await;
        register(&auth, OWNERS).await;
        let first = auth.newest_secret().await;
        register(&auth, STRANGERS).await;
        resend(&auth).await;
        let link = if newest { auth.newest_secret().await } else { first };
        the_owner_gets_the_account(&auth, &link).await;
        for mail in auth.ordered_mails().await {
            assert_eq!(auth.mint(&mail.token_id).await.status, 404, "the other links are void");
        }
    }
}

/// Nobody else has asked: the mail may be late, or read too late.
#[tokio::test(flavor = "multi_thread")]
async fn asking_for_the_mail_again_and_registering_when_it_is_over_keep_the_password() {
    let auth = Auth::start().await;
    register(&auth, STRANGERS).await;
    auth.service.advance_secs(24 * 3600).await;
    register(&auth, OWNERS).await;
    resend(&auth).await;
    auth.verify(&auth.newest_secret().await).await.expect(200);
    auth.log_in(EMAIL, OWNERS).await.expect(200);
    auth.log_in(EMAIL, STRANGERS).await.expect_problem(401, "invalid_credentials");
}

/// The owner has never registered, and follows the mail that the stranger has caused: it is the only form there is.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_whose_mail_is_followed_does_not_choose_the_password() {
    for mailed_again in [false, true] {
        let auth = Auth::start().await;
        register_from(&auth, ELSEWHERE, STRANGERS).await;
        if mailed_again {
            resend(&auth).await;
        }
        the_owner_gets_the_account(&auth, &auth.newest_secret().await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_follows_the_link_may_choose_the_password_there() {
    let auth = Auth::start().await;
    register_from(&auth, ELSEWHERE, STRANGERS).await;
    let link = auth.newest_secret().await;
    let chosen = |password: &str| json!({"token": link, "password": password});
    auth.verify_from(HOME, chosen("too short")).await.expect_problem(422, "validation_failed");
    assert_eq!(auth.verify_from(HOME, chosen(OWNERS)).await.expect(200)["password_set"], true);
    auth.log_in(EMAIL, OWNERS).await.expect(200);
    auth.log_in(EMAIL, STRANGERS).await.expect_problem(401, "invalid_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_form_of_whoever_follows_its_link_is_good() {
    let auth = Auth::start().await;
    register(&auth, OWNERS).await;
    assert_eq!(auth.verify(&auth.newest_secret().await).await.expect(200)["password_set"], true);
    auth.log_in(EMAIL, OWNERS).await.expect(200);
}
