use contracts::auth::v1::{CompanyDeleted, InvitationRequested, MembershipChanged};
use kernel::{CompanyId, InvitationId};
use serde_json::json;
use testkit::eventually;

use crate::{mailbox::Mailbox, support};

pub fn requested(id: InvitationId, email: &str) -> InvitationRequested {
    InvitationRequested {
        invitation_id: id.to_string(),
        company_id: CompanyId::new().to_string(),
        company_name: "Funkhaus".to_owned(),
        email: email.to_owned(),
        role: "staff".to_owned(),
        invited_by_name: "Ben".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_goes_to_its_address_with_a_link_of_its_own() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let id = InvitationId::new();
    service.peers.post(&format!("/internal/invitations/{id}/mint"), json!({"secret": "S3cr3t"}));
    service.deliver(id.uuid(), 1, &requested(id, "grace@example.com")).await;
    let mail = mailbox.wait_for(1).await.remove(0);
    assert_eq!(
        (mail["to"].as_str(), mail["subject"].as_str()),
        (Some("grace@example.com"), Some("Invitation to work for Funkhaus"))
    );
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("/accept-invitation?token=S3cr3t") && text.contains("Ben invites you"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_that_was_withdrawn_meanwhile_is_not_sent() {
    let mailbox = Mailbox::start();
    let service = support::start(&mailbox).await;
    let id = InvitationId::new();
    service.deliver(id.uuid(), 1, &requested(id, "grace@example.com")).await;
    eventually("the mail is dropped", async || {
        (support::states(&service, "invitation").await == ["dropped"]).then_some(())
    })
    .await;
    assert_eq!(mailbox.asked(), 0);
}

/// Nobody hears of the bookings of a company they closed, whatever arrives first.
#[tokio::test(flavor = "multi_thread")]
async fn a_closed_company_has_nobody_to_write_to() {
    let mailbox = Mailbox::start();
    let (service, story) = support::begin(&mailbox).await;
    let (company_id, user_id) = (story.company.to_string(), story.owner.to_string());
    let deleted = CompanyDeleted { company_id: company_id.clone(), ..CompanyDeleted::default() };
    service.deliver(story.company.uuid(), 5, &deleted).await;
    let older = MembershipChanged { company_id, user_id, role: "owner".to_owned() };
    service.deliver(story.company.uuid(), 4, &older).await;
    service.deliver(story.booking.uuid(), 2, &story.confirmed(2)).await;
    eventually("the company's mail has nowhere to go", async || {
        (support::states(&service, "company_booking_confirmed").await == ["failed"]).then_some(())
    })
    .await;
    assert!(mailbox.subjects(support::OWNER).is_empty());
}
