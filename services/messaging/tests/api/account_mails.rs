//! Mails about how an account is entered: links that reset and confirm, and what its owner is told.

use contracts::auth::v1::{
    EmailChangeRequested, EmailChanged, PasswordChanged, PasswordResetRequested, SecondFactorChanged,
};
use kernel::{OneTimeTokenId, UserId};
use serde_json::{Value, json};
use testkit::{TestService, eventually};

use crate::{mailbox::Mailbox, support};

fn mintable(service: &TestService, secret: &str) -> OneTimeTokenId {
    let token = OneTimeTokenId::new();
    service.peers.post(&format!("/internal/one-time-tokens/{token}/mint"), json!({"secret": secret}));
    token
}

fn text(mail: &Value) -> &str {
    mail["text"].as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_mailed_a_link_of_its_own() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let user = UserId::new();
    let event = PasswordResetRequested {
        token_id: mintable(&service, "s3cret").to_string(),
        user_id: user.to_string(),
        email: "ada@example.com".to_owned(),
        name: "Ada".to_owned(),
    };
    for _ in 0..2 {
        service.deliver(user.uuid(), 2, &event).await;
    }
    let mail = mailbox.wait_for(1).await.remove(0);
    assert_eq!(mail["to"], "ada@example.com");
    assert!(text(&mail).contains("/reset-password?token=s3cret"), "{mail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn both_mailboxes_are_asked_to_confirm_each_with_its_own_link() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let user = UserId::new();
    let event = EmailChangeRequested {
        user_id: user.to_string(),
        name: "Ada".to_owned(),
        current_email: "ada@example.com".to_owned(),
        current_token_id: mintable(&service, "for-current").to_string(),
        new_email: "ada@new.example".to_owned(),
        new_token_id: mintable(&service, "for-new").to_string(),
    };
    service.deliver(user.uuid(), 2, &event).await;
    let mails = mailbox.wait_for(2).await;
    for (to, secret, other) in
        [("ada@example.com", "for-current", "for-new"), ("ada@new.example", "for-new", "for-current")]
    {
        let mail = mails.iter().find(|mail| mail["to"] == to).unwrap();
        assert!(text(mail).contains(&format!("/confirm-email?token={secret}")), "{mail}");
        assert!(!text(mail).contains(other), "{mail}");
    }
}

/// The new address has an account already: its owner is not bothered, and nobody learns of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_taken_address_is_not_written_to() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let user = UserId::new();
    let event = EmailChangeRequested {
        user_id: user.to_string(),
        name: "Ada".to_owned(),
        current_email: "ada@example.com".to_owned(),
        current_token_id: mintable(&service, "for-current").to_string(),
        new_email: "bob@example.com".to_owned(),
        new_token_id: String::new(),
    };
    service.deliver(user.uuid(), 2, &event).await;
    eventually("the mail to the present address is sent", async || {
        (support::states(&service, "confirm_current_email").await == ["sent"]).then_some(())
    })
    .await;
    assert!(support::states(&service, "confirm_new_email").await.is_empty());
    assert_eq!(mailbox.subjects("bob@example.com"), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_before_is_told_and_later_mails_go_to_the_new_one() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let user = UserId::new();
    let changed = EmailChanged {
        user_id: user.to_string(),
        email: "ada@new.example".to_owned(),
        name: "Ada".to_owned(),
        previous_email: "ada@example.com".to_owned(),
    };
    service.deliver(user.uuid(), 5, &changed).await;
    let mail = mailbox.wait_for(1).await.remove(0);
    assert_eq!(mail["to"], "ada@example.com");
    assert!(!text(&mail).contains("new.example"), "the old mailbox is not told where: {mail}");

    // An older event arrives late, with the old address.
    let factor = SecondFactorChanged {
        user_id: user.to_string(),
        email: "ada@example.com".to_owned(),
        name: "Ada".to_owned(),
        change: "passkey_added".to_owned(),
    };
    service.deliver(user.uuid(), 4, &factor).await;
    let mails = mailbox.wait_for(2).await;
    assert_eq!(mails[1]["to"], "ada@new.example");
    assert!(text(&mails[1]).contains("A passkey was added"));
    assert!(text(&mails[1]).contains("remove it under your passkeys"), "a new password would not take it away");

    let key = SecondFactorChanged { change: "api_key_created".to_owned(), ..factor };
    service.deliver(user.uuid(), 6, &key).await;
    let mails = mailbox.wait_for(3).await;
    let told = text(&mails[2]);
    assert!(told.contains("A personal API key was made") && told.contains("revoke it"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_password_is_told_by_how_it_was_changed() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    for (reason, words, email) in
        [("reset", "by a link", "a@example.com"), ("change", "other devices", "b@example.com")]
    {
        let user = UserId::new();
        let event = PasswordChanged {
            user_id: user.to_string(),
            email: email.to_owned(),
            name: "Ada".to_owned(),
            reason: reason.to_owned(),
        };
        service.deliver(user.uuid(), 3, &event).await;
        let mail =
            eventually("the mail arrives", async || mailbox.mails().into_iter().find(|mail| mail["to"] == email));
        let mail = mail.await;
        assert_eq!(mail["subject"], "Your password was changed");
        assert!(text(&mail).contains(words), "{mail}");
    }
}
