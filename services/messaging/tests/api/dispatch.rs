use testkit::{TestService, eventually};

use crate::{
    mailbox::Mailbox,
    support::{self, Story},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_mail_server_is_tried_again() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
    mailbox.refuse(&[503, 429]);
    service.deliver(kernel::new_uuid(), 1, &story.receipt()).await;
    service.deliver(story.booking.uuid(), 1, &story.confirmed(1)).await;
    eventually("every mail arrives", async || {
        support::end_waiting(&service).await;
        service.run_jobs().await;
        (mailbox.mails().len() == 3).then_some(())
    })
    .await;
    assert_eq!(mailbox.asked(), 5, "two refusals, three mails");
    let rows = support::rows(&service).await;
    assert!(rows.iter().all(|row| ["sent", "expanded"].contains(&row.state.as_str())), "{rows:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_refused_for_good_is_not_tried_again() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
    service.deliver(story.booking.uuid(), 1, &story.confirmed(1)).await;
    mailbox.wait_for(2).await;
    mailbox.refuse(&[422]);
    service.deliver(kernel::new_uuid(), 1, &story.receipt()).await;
    eventually("the mail has failed", async || {
        (support::states(&service, "receipt_issued").await == ["failed"]).then_some(())
    })
    .await;
    support::end_waiting(&service).await;
    service.run_jobs().await;
    assert_eq!(mailbox.asked(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_wait_for_a_mail_server_that_is_away() {
    let mailbox = Mailbox::start();
    // Nothing listens on port 1.
    let away = TestService::builder(messaging::service()).setting("sandbox_url", "http://127.0.0.1:1").start().await;
    let story = Story::begin(&away).await;
    away.deliver(story.booking.uuid(), 1, &story.confirmed(1)).await;
    eventually("an attempt was made", async || {
        support::rows(&away).await.iter().any(|row| row.state == "pending" && row.attempts > 0).then_some(())
    })
    .await;
    let database = away.database();
    away.stop().await;
    let service = TestService::builder(messaging::service())
        .setting("sandbox_url", &mailbox.url)
        .on_database(database)
        .start()
        .await;
    eventually("both mails arrive after the restart", async || {
        support::end_waiting(&service).await;
        service.run_jobs().await;
        (mailbox.mails().len() == 2).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_send_each_mail_once() {
    let mailbox = Mailbox::start();
    let one = support::start(&mailbox).await;
    let story = Story::begin(&one).await;
    one.deliver(story.booking.uuid(), 1, &story.confirmed(1)).await;
    mailbox.wait_for(2).await;
    let other = TestService::builder(messaging::service())
        .setting("sandbox_url", &mailbox.url)
        .on_database(one.database())
        .start()
        .await;
    let many = "INSERT INTO mails (id, event_id, recipient, template, parameters, state, next_attempt_at, created_at) \
        SELECT gen_random_uuid(), gen_random_uuid(), recipient, template, parameters, 'pending', now(), now() \
        FROM mails, generate_series(1, 100) WHERE template = 'booking_confirmed'";
    support::execute(&one, many).await;
    let (_, _) = tokio::join!(one.run_jobs(), other.run_jobs());
    mailbox.wait_for(102).await;
    one.run_jobs().await;
    other.run_jobs().await;
    assert_eq!(mailbox.asked(), 102);
    let rows = support::rows(&one).await;
    assert!(rows.iter().all(|row| row.attempts == 1 && row.state != "pending"), "{rows:?}");
}
