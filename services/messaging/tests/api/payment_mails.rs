use contracts::billing::v1::{
    AuthorizationRenewalFailed, PayoutFailed, PayoutPaid, PayoutReceiverNamed, RefundFailed, RefundReturned,
};
use serde_json::json;
use testkit::eventually;

use crate::{
    mailbox::Mailbox,
    support::{self, CUSTOMER, OWNER},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_names_its_number_amount_and_what_it_was_for() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin_confirmed(&mailbox).await;
    service.deliver(kernel::new_uuid(), 1, &story.receipt()).await;
    let receipt = mailbox.wait_for(3).await.pop().unwrap();
    for words in ["2027-000001", "107.10 EUR", "Funkhaus", "Saal 1"] {
        assert!(receipt["text"].as_str().unwrap().contains(words), "{words} in {receipt}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_waits_a_little_for_the_booking_it_belongs_to() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
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
    let (service, story) = support::begin(&mailbox).await;
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
async fn customer_and_company_hear_once_that_a_refund_failed_or_came_back() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin_confirmed(&mailbox).await;
    let payment_id = kernel::PaymentId::new();
    let failed = RefundFailed {
        payment_id: payment_id.to_string(),
        payable: story.refund().payable,
        currency: "EUR".to_owned(),
        amount: 1_000,
        failure_code: "charge_disputed".to_owned(),
        ..RefundFailed::default()
    };
    let returned = RefundReturned {
        payment_id: payment_id.to_string(),
        payable: story.refund().payable,
        currency: "EUR".to_owned(),
        amount: 2_000,
        failure_code: "expired_or_canceled_card".to_owned(),
        ..RefundReturned::default()
    };
    support::deliver_twice(&service, (payment_id.uuid(), 5), &failed).await;
    support::deliver_twice(&service, (payment_id.uuid(), 8), &returned).await;
    mailbox.wait_for(6).await;
    for amount in ["10.00 EUR", "20.00 EUR"] {
        let (to_customer, to_company) =
            (format!("Your refund of {amount} did not arrive"), format!("Refund failed: {amount}"));
        assert_eq!(mailbox.subjects(CUSTOMER).iter().filter(|subject| **subject == to_customer).count(), 1);
        assert_eq!(mailbox.subjects(OWNER).iter().filter(|subject| **subject == to_company).count(), 1);
    }
    assert_eq!(mailbox.mails().len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_company_hears_once_that_it_was_paid_and_that_a_payout_failed() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
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
    support::deliver_twice(&service, (payout_id.uuid(), 5), &paid).await;
    support::deliver_twice(&service, (payout_id.uuid(), 8), &failed).await;
    let mails = mailbox.wait_for(2).await;
    for (subject, words) in
        [("Paid out: 42.84 EUR", "should have arrived"), ("Payout failed: 42.84 EUR", "has been closed")]
    {
        let mail = mails.iter().find(|mail| mail["subject"] == subject).unwrap();
        assert!(mail["text"].as_str().unwrap().to_lowercase().contains(words), "{mail}");
    }
    assert_eq!(mailbox.mails().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_company_hears_in_time_that_what_it_holds_lapses() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin_confirmed(&mailbox).await;
    let payment_id = kernel::PaymentId::new();
    let lapses = AuthorizationRenewalFailed {
        payment_id: payment_id.to_string(),
        payable: story.refund().payable,
        currency: "EUR".to_owned(),
        amount: 20_000,
        failure_code: "no_consent".to_owned(),
        held_until_micros: 1_806_080_400_000_000,
        ..AuthorizationRenewalFailed::default()
    };
    support::deliver_twice(&service, (payment_id.uuid(), 4), &lapses).await;
    let mail = mailbox.wait_for(3).await.pop().unwrap();
    assert_eq!((mail["to"].as_str(), mail["subject"].as_str()), (Some(OWNER), Some("Held no longer: 200.00 EUR")));
    for words in ["no_consent", "Europe/Berlin", &payment_id.to_string()] {
        assert!(mail["text"].as_str().unwrap().contains(words), "{words} in {mail}");
    }
    assert_eq!(mailbox.mails().len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payout_address_is_asked_itself_and_the_company_hears_of_it() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
    let receiver = kernel::PayoutReceiverId::new();
    service.peers.post(&format!("/internal/payout-receivers/{receiver}/mint"), json!({"secret": "S3cr3t"}));
    let named = PayoutReceiverNamed {
        receiver_id: receiver.to_string(),
        company_id: story.company.to_string(),
        company_name: "Funkhaus".to_owned(),
        email: "money@funkhaus.example".to_owned(),
        named_by: story.owner.to_string(),
        ..PayoutReceiverNamed::default()
    };
    service.deliver(receiver.uuid(), 1, &named).await;
    let mails = mailbox.wait_for(2).await;
    assert_eq!(mailbox.subjects(OWNER), ["Your company is about to be paid elsewhere"]);
    let mail = mails.iter().find(|mail| mail["to"] == "money@funkhaus.example").unwrap();
    assert!(mail["text"].as_str().unwrap().contains("/confirm-payout-address?token=S3cr3t"), "{mail}");
}
