//! A platform's worth of events.

use contracts::{
    Event,
    auth::v1::{CompanyCreated, UserRegistered},
    billing::v1::{Payable, ReceiptIssued, RefundSucceeded},
    booking::v1::{BookingCancelled, BookingConfirmed, BookingState},
};
use diesel::{
    QueryableByName,
    sql_types::{Integer, Text},
};
use diesel_async::RunQueryDsl;
use kernel::{BookingId, CompanyId, UserId};
use testkit::{TestService, envelope};
use uuid::Uuid;

use crate::mailbox::Mailbox;

pub async fn start(mailbox: &Mailbox) -> TestService {
    TestService::builder(messaging::service()).setting("sandbox_url", &mailbox.url).start().await
}

/// A service to which everybody is known.
pub async fn begin(mailbox: &Mailbox) -> (TestService, Story) {
    let service = start(mailbox).await;
    let story = Story::begin(&service).await;
    (service, story)
}

/// The same; customer and company have had their mail about the confirmed booking.
pub async fn begin_confirmed(mailbox: &Mailbox) -> (TestService, Story) {
    let (service, story) = begin(mailbox).await;
    service.deliver(story.booking.uuid(), 2, &story.confirmed(2)).await;
    mailbox.wait_for(2).await;
    (service, story)
}

/// The same event twice, as brokers do now and then.
pub async fn deliver_twice<E: Event>(service: &TestService, (aggregate_id, version): (Uuid, i64), event: &E) {
    let envelope = envelope(aggregate_id, version, service.now(), event);
    for _ in 0..2 {
        service.deliver_envelope(&envelope).await;
    }
}

/// A customer, a company with its owner, and a booking between them.
#[derive(Clone, Copy)]
pub struct Story {
    pub customer: UserId,
    pub owner: UserId,
    pub company: CompanyId,
    pub booking: BookingId,
}

pub const CUSTOMER: &str = "ada@example.com";
pub const OWNER: &str = "ben@example.com";

impl Story {
    pub fn new() -> Self {
        Self { customer: UserId::new(), owner: UserId::new(), company: CompanyId::new(), booking: BookingId::new() }
    }

    /// Everybody is known.
    pub async fn begin(service: &TestService) -> Self {
        Self::begin_as(service, CUSTOMER, OWNER).await
    }

    pub async fn begin_as(service: &TestService, customer: &str, owner: &str) -> Self {
        let story = Self::new();
        service.deliver(story.customer.uuid(), 1, &registered(story.customer, customer, "Ada")).await;
        service.deliver(story.owner.uuid(), 1, &registered(story.owner, owner, "Ben")).await;
        service.deliver(story.company.uuid(), 1, &story.company_created()).await;
        story
    }

    pub fn company_created(&self) -> CompanyCreated {
        CompanyCreated {
            company_id: self.company.to_string(),
            slug: "funkhaus".to_owned(),
            name: "Funkhaus".to_owned(),
            country: "DE".to_owned(),
            currency: "EUR".to_owned(),
            owner_user_id: self.owner.to_string(),
            owner_email: OWNER.to_owned(),
            owner_name: "Ben".to_owned(),
        }
    }

    pub fn state(&self, version: i64, status: &str) -> BookingState {
        BookingState {
            booking_id: self.booking.to_string(),
            version,
            status: status.to_owned(),
            company_id: self.company.to_string(),
            company_country: "DE".to_owned(),
            studio_name: "Funkhaus".to_owned(),
            room_name: "Saal 1".to_owned(),
            customer_user_id: self.customer.to_string(),
            starts_at_micros: 1_806_080_400_000_000,
            ends_at_micros: 1_806_087_600_000_000,
            time_zone: "Europe/Berlin".to_owned(),
            currency: "EUR".to_owned(),
            subtotal: 9_000,
            tax: 1_710,
            total: 10_710,
            ..BookingState::default()
        }
    }

    pub fn confirmed(&self, version: i64) -> BookingConfirmed {
        BookingConfirmed { booking: Some(self.state(version, "confirmed")) }
    }

    pub fn cancelled(&self, version: i64) -> BookingCancelled {
        BookingCancelled {
            booking: Some(self.state(version, "cancelled")),
            refund_amount: 5_355,
            cancelled_by: "customer".to_owned(),
            ..BookingCancelled::default()
        }
    }

    pub fn receipt(&self) -> ReceiptIssued {
        ReceiptIssued {
            number: "2027-000001".to_owned(),
            payable: Some(self.payable()),
            currency: "EUR".to_owned(),
            amount: 10_710,
            ..ReceiptIssued::default()
        }
    }

    pub fn refund(&self) -> RefundSucceeded {
        RefundSucceeded {
            payable: Some(self.payable()),
            currency: "EUR".to_owned(),
            amount: 5_355,
            reason: "cancellation".to_owned(),
            ..RefundSucceeded::default()
        }
    }

    fn payable(&self) -> Payable {
        Payable {
            r#type: "booking".to_owned(),
            id: self.booking.to_string(),
            company_id: self.company.to_string(),
            customer_user_id: self.customer.to_string(),
            ..Payable::default()
        }
    }
}

pub fn registered(user_id: UserId, email: &str, name: &str) -> UserRegistered {
    UserRegistered { user_id: user_id.to_string(), email: email.to_owned(), name: name.to_owned() }
}

#[derive(Debug, QueryableByName)]
pub struct MailRow {
    #[diesel(sql_type = Text)]
    pub template: String,
    #[diesel(sql_type = Text)]
    pub state: String,
    #[diesel(sql_type = Integer)]
    pub attempts: i32,
}

/// Every mail on record, oldest first.
pub async fn rows(service: &TestService) -> Vec<MailRow> {
    let mut conn = service.db.conn().await.unwrap();
    let query = "SELECT template, state, attempts FROM mails ORDER BY created_at, id";
    diesel::sql_query(query).load(&mut *conn).await.unwrap()
}

/// The states of the mails of one template.
pub async fn states(service: &TestService, template: &str) -> Vec<String> {
    rows(service).await.into_iter().filter(|row| row.template == template).map(|row| row.state).collect()
}

/// What is still to be sent.
pub async fn pending(service: &TestService) -> Vec<MailRow> {
    rows(service).await.into_iter().filter(|row| row.state == "pending").collect()
}

/// What waits for another attempt need wait no longer; what is on its way is left alone.
pub async fn end_waiting(service: &TestService) {
    let statement = "UPDATE mails SET next_attempt_at = now() - interval '1 second' \
        WHERE state = 'pending' AND last_error IS NOT NULL";
    execute(service, statement).await;
}

pub async fn execute(service: &TestService, statement: &str) {
    let mut conn = service.db.conn().await.unwrap();
    diesel::sql_query(statement).execute(&mut *conn).await.unwrap();
}
