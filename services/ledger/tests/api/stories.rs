//! Stories of bookings, told by their events: in order, in any order, twice, at once.

use contracts::{
    auth::v1::CompanyCreated,
    billing::v1::{Payable, PaymentSucceeded, RefundSucceeded},
    booking::v1::{BookingCompleted, BookingPaymentApplied, BookingState},
};
use events::Envelope;
use kernel::{BookingId, CompanyId, PaymentId, RefundId, UserId};
use serde_json::{Value, json};
use testkit::{CallerToken, TestService, envelope};

use crate::support::{Dice, company_balance};

/// A booking of 107.10 EUR gross, 90.00 net, in Germany.
pub struct Story {
    pub company_id: CompanyId,
    pub booking: BookingState,
    pub payable: Payable,
    pub events: Vec<Envelope>,
}

impl Story {
    pub fn new() -> Self {
        let (company_id, booking_id) = (CompanyId::new(), BookingId::new());
        let booking = BookingState {
            booking_id: booking_id.to_string(),
            version: 3,
            status: "confirmed".into(),
            company_id: company_id.to_string(),
            company_country: "DE".into(),
            currency: "EUR".into(),
            subtotal: 9_000,
            tax: 1_710,
            total: 10_710,
            ..BookingState::default()
        };
        let payable = Payable {
            r#type: "booking".into(),
            id: booking_id.to_string(),
            company_id: company_id.to_string(),
            company_country: "DE".into(),
            customer_user_id: UserId::new().to_string(),
            subtotal: 9_000,
            total: 10_710,
        };
        Self { company_id, booking, payable, events: Vec::new() }
    }

    pub fn tell<E: contracts::Event>(&mut self, aggregate_id: uuid::Uuid, event: &E) {
        self.events.push(envelope(aggregate_id, self.events.len() as i64 + 1, crate::support::NOW, event));
    }

    pub fn received(&mut self, payment_id: PaymentId, amount: i64) -> &mut Self {
        let event = PaymentSucceeded {
            payment_id: payment_id.to_string(),
            payable: Some(self.payable.clone()),
            provider: "stripe".into(),
            provider_payment_id: "pi_1".into(),
            currency: "EUR".into(),
            amount,
            succeeded_at_micros: 1_800_000_000_000_000,
        };
        self.tell(payment_id.uuid(), &event);
        self
    }

    pub fn applied(&mut self, payment_id: PaymentId, amount: i64) -> &mut Self {
        let booking = Some(self.booking.clone());
        let event = BookingPaymentApplied { booking, payment_id: payment_id.to_string(), amount };
        self.tell(BookingId::new().uuid(), &event);
        self
    }

    pub fn refunded(&mut self, payment_id: PaymentId, amount: i64, payment_amount: i64, reason: &str) -> &mut Self {
        let refund_id = RefundId::new();
        let event = RefundSucceeded {
            refund_id: refund_id.to_string(),
            payment_id: payment_id.to_string(),
            payable: Some(self.payable.clone()),
            provider: "stripe".into(),
            currency: "EUR".into(),
            amount,
            payment_amount,
            reason: reason.into(),
            succeeded_at_micros: 1_800_000_100_000_000,
            ..RefundSucceeded::default()
        };
        self.tell(refund_id.uuid(), &event);
        self
    }

    pub fn completed(&mut self) -> &mut Self {
        let event = BookingCompleted { booking: Some(self.booking.clone()) };
        self.tell(BookingId::new().uuid(), &event);
        self
    }
}

async fn trial_balance(service: &TestService) -> Value {
    let admin = service.token(&CallerToken::default().admin());
    service.get("/api/admin/ledger/trial-balance").bearer(&admin).send().await.expect(200)
}

/// The balance of an account in euros, by code; 0 where it is not open.
pub async fn posted(service: &TestService, code: &str) -> i64 {
    let trial_balance = trial_balance(service).await;
    let accounts = trial_balance["accounts"].as_array().unwrap().clone();
    let account = accounts.iter().find(|account| account["code"] == code && account["currency"] == "EUR");
    account.map_or(0, |account| account["posted"].as_i64().unwrap())
}

pub async fn balances(service: &TestService, company_id: CompanyId) -> Value {
    let staff = service.token(&CallerToken::default().owner_of(company_id));
    service.get(&format!("/api/companies/{company_id}/balance")).bearer(&staff).send().await.expect(200)
}

pub async fn assert_sound(service: &TestService) {
    assert_eq!(ledger::verify(&service.db).await.unwrap(), []);
    for currency in trial_balance(service).await["currencies"].as_array().unwrap() {
        assert_eq!(currency["difference"], 0, "{currency}");
    }
}

#[tokio::test]
async fn a_booking_paid_completed_and_refunded_in_numbers() {
    let service = TestService::start(ledger::service()).await;
    let (mut story, payment) = (Story::new(), PaymentId::new());
    let company_id = story.company_id;
    story.received(payment, 10_710).applied(payment, 10_710);
    for event in &story.events {
        service.deliver_envelope(event).await;
    }
    assert_eq!(posted(&service, "assets:provider:stripe").await, 10_710);
    assert_eq!(posted(&service, "liabilities:unallocated").await, 0);
    assert_eq!(posted(&service, "income:commission").await, 900);
    assert_eq!(posted(&service, "liabilities:tax:DE").await, 171);
    let pending = json!({"balances": [company_balance("EUR", 9_639, 0)]});
    assert_eq!(balances(&service, company_id).await, pending);

    let mut rest = Story { events: Vec::new(), ..story };
    rest.completed().refunded(payment, 5_355, 10_710, "cancellation");
    service.deliver_envelope(&rest.events[0]).await;
    let payable = json!({"balances": [company_balance("EUR", 0, 9_639)]});
    assert_eq!(balances(&service, company_id).await, payable);
    // Half of it goes back: 4.50 of the commission, 0.86 of the VAT, the company gives the rest.
    service.deliver_envelope(&rest.events[1]).await;
    let halved = json!({"balances": [company_balance("EUR", 0, 4_820)]});
    assert_eq!(balances(&service, company_id).await, halved);
    assert_eq!(posted(&service, "assets:provider:stripe").await, 5_355);
    assert_eq!(posted(&service, "income:commission").await, 450);
    assert_eq!(posted(&service, "liabilities:tax:DE").await, 85);
    assert_sound(&service).await;
}

#[tokio::test]
async fn a_payment_no_booking_took_goes_back_from_unallocated() {
    let service = TestService::start(ledger::service()).await;
    for reason in ["orphan", "requested"] {
        let (mut story, payment) = (Story::new(), PaymentId::new());
        story.received(payment, 500).refunded(payment, 500, 500, reason);
        for event in story.events.iter().rev() {
            service.deliver_envelope(event).await;
        }
    }
    assert_eq!(posted(&service, "assets:provider:stripe").await, 0);
    assert_eq!(posted(&service, "liabilities:unallocated").await, 0);
    assert_eq!(posted(&service, "income:commission").await, 0);
    assert_sound(&service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_events_end_in_the_same_balances_in_any_order_twice_and_at_once() {
    let service = TestService::start(ledger::service()).await;
    let seed = Dice::seed();
    let mut dice = Dice::new(seed);
    let (mut payables, mut deliveries) = (Vec::new(), Vec::new());
    for _ in 0..12 {
        let (mut story, deposit, balance) = (Story::new(), PaymentId::new(), PaymentId::new());
        story
            .received(deposit, 2_000)
            .applied(deposit, 2_000)
            .received(balance, 8_710)
            .applied(balance, 8_710)
            .refunded(balance, 333, 8_710, "requested")
            .completed()
            .refunded(deposit, 2_000, 2_000, "cancellation")
            .refunded(balance, 1_000, 8_710, "cancellation");
        let mut events = [story.events.clone(), story.events.clone()].concat();
        dice.shuffle(&mut events);
        payables.push(story.company_id);
        deliveries.push(events);
    }
    // Two halves of each story race each other; the stories race over the platform's accounts.
    let halves = deliveries.iter().flat_map(|events| events.chunks(events.len() / 2));
    let service = &service;
    let racing = halves.map(|events| async move {
        for event in events {
            service.deliver_envelope(event).await;
        }
    });
    futures_util::future::join_all(racing).await;

    // 87.10: 7.32 commission, 1.39 VAT; of that 13.33 went back: 1.12 and 0.21.
    let expected = 8_710 - 732 - 139 - (1_333 - 112 - 21);
    for company_id in payables {
        let balance = balances(service, company_id).await;
        assert_eq!(balance["balances"], json!([company_balance("EUR", 0, expected)]), "seed {seed}");
    }
    assert_eq!(posted(service, "liabilities:unallocated").await, 0, "seed {seed}");
    assert_eq!(posted(service, "assets:provider:stripe").await, 12 * (10_710 - 2_000 - 1_333), "seed {seed}");
    assert_eq!(posted(service, "income:commission").await, 12 * (732 - 112), "seed {seed}");
    assert_sound(service).await;
}

#[tokio::test]
async fn an_event_told_again_under_another_id_is_posted_once() {
    let service = TestService::start(ledger::service()).await;
    let (mut story, payment) = (Story::new(), PaymentId::new());
    story.received(payment, 10_710).applied(payment, 10_710).completed().refunded(payment, 10, 10_710, "requested");
    for event in &story.events {
        service.deliver_envelope(event).await;
    }
    let before = trial_balance(&service).await;
    for event in &story.events {
        service.deliver_envelope(&Envelope { id: kernel::new_uuid(), ..event.clone() }).await;
    }
    assert_eq!(trial_balance(&service).await, before);
}

#[tokio::test]
async fn a_new_company_starts_at_zero_in_its_currency() {
    let service = TestService::start(ledger::service()).await;
    let company_id = CompanyId::new();
    let event = CompanyCreated { company_id: company_id.to_string(), currency: "GBP".into(), ..Default::default() };
    service.deliver(company_id.uuid(), 1, &event).await;
    let zero = json!({"balances": [company_balance("GBP", 0, 0)]});
    assert_eq!(balances(&service, company_id).await, zero);
}
