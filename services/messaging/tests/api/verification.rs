use contracts::auth::v1::{RefreshTokenReused, UserUpdated, UserVerified, VerificationRequested};
use diesel::{QueryableByName, sql_types::Text};
use diesel_async::RunQueryDsl;
use kernel::{OneTimeTokenId, SessionId, UserId};
use serde_json::json;
use testkit::{TestService, eventually};

use crate::{mailbox::Mailbox, support};

const SECRET: &str = "S3cr3t-0f-one_mail";

fn requested(token_id: OneTimeTokenId, user_id: UserId) -> VerificationRequested {
    VerificationRequested {
        token_id: token_id.to_string(),
        user_id: user_id.to_string(),
        email: "ada@example.com".to_owned(),
        name: "Ada".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_verification_mail_has_a_secret_that_is_stored_nowhere() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let (token, user) = (OneTimeTokenId::new(), UserId::new());
    service.peers.post(&format!("/internal/one-time-tokens/{token}/mint"), json!({"secret": SECRET}));
    service.deliver(user.uuid(), 1, &requested(token, user)).await;

    let mail = mailbox.wait_for(1).await.remove(0);
    assert_eq!(mail["to"], "ada@example.com");
    let link = format!("http://127.0.0.1:8080/verify-email?token={SECRET}");
    assert!(mail["text"].as_str().unwrap().contains(&link), "{mail}");
    assert!(mail["html"].as_str().unwrap().contains(&link), "{mail}");
    eventually("the mail is marked as sent", async || {
        (support::states(&service, "verify_email").await == ["sent"]).then_some(())
    })
    .await;
    assert!(!everything(&service).await.contains(SECRET));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_another_name_is_greeted_by_it() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let user = UserId::new();
    let said = |name: &str| (user.to_string(), "ada@example.com".to_owned(), name.to_owned());
    let (user_id, email, name) = said("Ada");
    service.deliver(user.uuid(), 1, &UserVerified { user_id, email, name }).await;
    let (user_id, email, name) = said("Ada King");
    service.deliver(user.uuid(), 2, &UserUpdated { user_id, email, name }).await;
    let (user_id, email, name) = said("Ada");
    let session_id = SessionId::new().to_string();
    service.deliver(user.uuid(), 3, &RefreshTokenReused { session_id, user_id, email, name }).await;
    let mail = mailbox.wait_for(1).await.remove(0);
    assert!(mail["text"].as_str().unwrap().contains("Ada King"), "{mail}");
}

/// All rows of all tables as text.
async fn everything(service: &TestService) -> String {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        line: String,
    }
    let mut conn = service.db.conn().await.unwrap();
    let mut all = String::new();
    let tables = "SELECT quote_ident(tablename) AS line FROM pg_tables WHERE schemaname = 'public'";
    for Line { line: table } in diesel::sql_query(tables).load::<Line>(&mut *conn).await.unwrap() {
        let rows = format!("SELECT t::text AS line FROM {table} t");
        let rows: Vec<Line> = diesel::sql_query(rows).load(&mut *conn).await.unwrap();
        all.extend(rows.into_iter().map(|row| row.line + "\n"));
    }
    assert!(all.contains("ada@example.com"), "the search finds what is there");
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mail_for_a_token_that_was_used_meanwhile() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let user = UserId::new();
    service.deliver(user.uuid(), 1, &requested(OneTimeTokenId::new(), user)).await;
    eventually("the mail is dropped", async || {
        (support::states(&service, "verify_email").await == ["dropped"]).then_some(())
    })
    .await;
    assert_eq!(mailbox.asked(), 0);
}

/// Minting again voids the first link: a mailbox that knows the first mail must not take the second for a repeat.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_attempt_is_a_mail_of_its_own_with_a_fresh_link() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let (token, user) = (OneTimeTokenId::new(), UserId::new());
    let mint = format!("/internal/one-time-tokens/{token}/mint");
    service.peers.post(&mint, json!({"secret": "first"}));
    service.deliver(user.uuid(), 1, &requested(token, user)).await;
    mailbox.wait_for(1).await;
    // As if the process had died between handing the mail over and noting it.
    service.peers.post(&mint, json!({"secret": "second"}));
    eventually("the first attempt is noted", async || {
        (support::states(&service, "verify_email").await == ["sent"]).then_some(())
    })
    .await;
    support::execute(&service, "UPDATE mails SET state = 'pending', finished_at = NULL, next_attempt_at = now()").await;
    service.run_jobs().await;
    let mails = mailbox.wait_for(2).await;
    assert_ne!(mails[0]["id"], mails[1]["id"]);
    assert!(mails[1]["text"].as_str().unwrap().contains("token=second"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reused_session_is_told_to_its_owner() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let user = UserId::new();
    let event = RefreshTokenReused {
        session_id: kernel::SessionId::new().to_string(),
        user_id: user.to_string(),
        email: "ada@example.com".to_owned(),
        name: "Ada".to_owned(),
    };
    service.deliver(user.uuid(), 1, &event).await;
    let mail = mailbox.wait_for(1).await.remove(0);
    assert_eq!(
        (mail["to"].as_str(), mail["subject"].as_str()),
        (Some("ada@example.com"), Some("You were signed out for your safety"))
    );
}
