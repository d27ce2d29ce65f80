//! Accounts by their mailboxes: what auth orders, messaging sends, and a person follows.

use serde_json::{Value, json};
use testkit::eventually;

use crate::support::{Layout, Person, TestPlatform};

const NEW_PASSWORD: &str = "another horse, another battery";

/// The token of the link in a mail.
fn token(mail: &Value) -> String {
    let link = mail["links"][0].as_str().unwrap();
    link.split_once("token=").unwrap().1.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_reset_by_mail_and_every_device_is_signed_out() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let ada = Person::register(&platform, "Ada", "customer").await;
    let forgot = json!({"email": ada.email});
    platform.post("/api/auth/password/forgot").json(forgot).send().await.expect(202);
    let mail = ada.mail(&platform, "Choose a new password").await;
    assert!(mail["links"][0].as_str().unwrap().contains("/reset-password?token="), "{mail}");
    let body = json!({"token": token(&mail), "password": NEW_PASSWORD});
    let reset = platform.post("/api/auth/password/reset").json(body.clone()).send().await;
    assert_eq!(reset.status, 204, "{}", reset.text);
    platform.post("/api/auth/password/reset").json(body).send().await.expect_problem(410, "one_time_token_used");

    eventually("the access token is refused at the door", || async {
        (ada.get(&platform, "/api/auth/me").send().await.status == 401).then_some(())
    })
    .await;
    let login = json!({"email": ada.email, "password": NEW_PASSWORD});
    platform.post("/api/auth/login").json(login).send().await.expect(200);
    ada.mail(&platform, "Your password was changed").await;
    platform.assert_healthy().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_changes_by_both_mailboxes() {
    let platform = TestPlatform::start(Layout::OneProcessOnMemory).await;
    let mut ada = Person::register(&platform, "Ada", "customer").await;
    let new_email = format!("new-{}", ada.email);
    let wish = json!({"email": new_email, "password": "correct horse battery staple"});
    ada.post(&platform, "/api/user/change-email").json(wish).send().await.expect(202);
    let confirm = async |mail: Value| {
        let body = json!({"token": token(&mail)});
        platform.post("/api/auth/verify-email/change").json(body).send().await.expect(200)["status"].clone()
    };
    assert_eq!(confirm(ada.mail(&platform, "Confirm the change").await).await, "waiting");
    let old_email = std::mem::replace(&mut ada.email, new_email);
    assert_eq!(confirm(ada.mail(&platform, "Confirm your new").await).await, "completed");
    ada.sign_in_again(&platform).await;
    let me = ada.get(&platform, "/api/auth/me").send().await.expect(200);
    assert_eq!(me["email"], json!(ada.email));
    ada.email = old_email;
    ada.mail(&platform, "Your email address was changed").await;
    platform.assert_healthy().await;
}
