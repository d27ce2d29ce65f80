use contracts::billing::v1::{PayoutFailed, PayoutPaid};
use testkit::{envelope, eventually};

use crate::{
    mailbox::Mailbox,
    support::{self, CUSTOMER, Story},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_names_its_number_amount_and_what_it_was_for() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let story = Story::begin(&service).await;
    service.deliver(story.booking.uuid(), 2, &story.confirmed(2)).await;
    mailbox.wait_for(2).await;
    service.deliver(kernel::new_uuid(), 1, &story.receipt()).await;
    let receipt = mailbox.wait_for(3).await.pop().unwrap();
    for words in ["2027-000001", "107.10 EUR", "Funkhaus", "Saal 1"] {
        assert!(receipt["text"].as_str().unwrap().contains(words), "{words} in {receipt}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_waits_a_little_for_the_booking_it_belongs_to() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let story = Story::begin(&service).await;
    service.deliver(kernel::new_uuid(), 1, &story.refund()).await;
    eventually("a first attempt without the booking", async || {
        support::rows(&service).await.first().is_some_and(|row| row.attempts > 0).then_some(())
    })
    .await;
    assert_eq!(mailbox.asked(), 0);
    service.deliver(story.booking.uuid(), 3, &story.cancelled(3)).await;
    support::end_waiting(&service).await;
    service.run_jobs().await;
    mailbox.wait_for(3).await;
    let refund = mailbox.mails().into_iter().find(|mail| mail["subject"] == "Refund of 53.55 EUR").unwrap();
    assert!(refund["text"].as_str().unwrap().contains("Saal 1"), "{refund}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_of_a_booking_nobody_knows_is_told_without_it() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let story = Story::begin(&service).await;
    service.deliver(kernel::new_uuid(), 1, &story.refund()).await;
    eventually("the mail arrives at last", async || {
        support::end_waiting(&service).await;
        service.run_jobs().await;
        (!mailbox.mails().is_empty()).then_some(())
    })
    .await;
    assert_eq!(mailbox.subjects(CUSTOMER), ["Refund of 53.55 EUR"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_company_hears_once_that_it_was_paid_and_that_a_payout_failed() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let story = Story::begin(&service).await;
    let payout_id = kernel::PayoutId::new();
    let (company_id, currency) = (story.company.to_string(), "EUR".to_owned());
    let paid = PayoutPaid {
        payout_id: payout_id.to_string(),
        company_id: company_id.clone(),
        currency: currency.clone(),
        amount: 4_284,
        ..PayoutPaid::default()
    };
    let failed = PayoutFailed {
        payout_id: payout_id.to_string(),
        company_id,
        currency,
        amount: 4_284,
        failure_message: "The bank account has been closed.".to_owned(),
        ..PayoutFailed::default()
    };
    let now = service.now();
    for envelope in [envelope(payout_id.uuid(), 5, now, &paid), envelope(payout_id.uuid(), 8, now, &failed)] {
        for _ in 0..2 {
            service.deliver_envelope(&envelope).await;
        }
    }
    let mails = mailbox.wait_for(2).await;
    for (subject, words) in [("Paid out: 42.84 EUR", "your bank"), ("Payout failed: 42.84 EUR", "has been closed")] {
        let mail = mails.iter().find(|mail| mail["subject"] == subject).unwrap();
        assert!(mail["text"].as_str().unwrap().to_lowercase().contains(words), "{mail}");
    }
    assert_eq!(mailbox.mails().len(), 2);
}
