use contracts::auth::v1::UserErased;
use diesel::{QueryableByName, sql_types::Text};
use diesel_async::RunQueryDsl;
use kernel::InvitationId;
use serde_json::json;
use testkit::{TestService, eventually};

use crate::{
    invitations::requested,
    mailbox::Mailbox,
    support::{self, CUSTOMER, registered},
};

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// What the tables of mails and contacts say.
async fn kept(service: &TestService) -> String {
    let mut conn = service.db.conn().await.unwrap();
    let query = "SELECT t::text AS line FROM mails t UNION ALL SELECT t::text FROM contacts t";
    let lines: Vec<Line> = diesel::sql_query(query).load(&mut *conn).await.unwrap();
    lines.into_iter().map(|line| line.line + "\n").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_persons_address_and_mails_are_forgotten_and_stay_so() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
    let invitation = InvitationId::new();
    service.peers.post(&format!("/internal/invitations/{invitation}/mint"), json!({"secret": "x"}));
    service.deliver(invitation.uuid(), 1, &requested(invitation, "ADA@example.com")).await;
    service.deliver(story.booking.uuid(), 2, &story.confirmed(2)).await;
    mailbox.wait_for(3).await;
    eventually("all is sent", async || support::pending(&service).await.is_empty().then_some(())).await;
    assert!(kept(&service).await.to_lowercase().contains(CUSTOMER));

    let erased = UserErased { user_id: story.customer.to_string() };
    for _ in 0..2 {
        service.deliver(story.customer.uuid(), 7, &erased).await;
    }
    // News from before that comes late brings nothing back.
    service.deliver(story.customer.uuid(), 1, &registered(story.customer, CUSTOMER, "Ada")).await;
    let left = kept(&service).await.to_lowercase();
    assert!(!left.contains(CUSTOMER), "{left}");
    assert!(left.contains(support::OWNER), "nobody else is forgotten");

    // And what would be written to them now is not.
    let sent = mailbox.mails().len();
    service.deliver(story.booking.uuid(), 3, &story.refund()).await;
    eventually("the mail is dropped", async || {
        (support::states(&service, "refund_sent").await == ["dropped"]).then_some(())
    })
    .await;
    assert_eq!(mailbox.mails().len(), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn auth_alone_reads_what_a_person_was_written() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin_confirmed(&mailbox).await;
    let path = format!("/internal/users/{}/personal-data", story.customer);
    let ask =
        async |caller: &str| service.get(&path).bearer(&service.keys.service_token(caller, "messaging")).send().await;
    let page = ask("auth").await.expect(200);
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    assert_eq!(page["data"][0]["template"], "booking_confirmed");
    ask("booking").await.expect_problem(403, "service_not_allowed");
    service.get(&path).send().await.expect_problem(401, "authentication_required");
}
