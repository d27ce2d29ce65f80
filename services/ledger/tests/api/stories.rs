//! Stories of bookings, told by their events: in order, in any order, twice, at once.

use contracts::{
    auth::v1::CompanyCreated,
    billing::v1::{
        CompanySettlement, FinancialActionTaken, Payable, PaymentSucceeded, RefundReturned, RefundSucceeded,
    },
    booking::v1::{self as bookings, BookingCompleted, BookingPaymentApplied, BookingState},
    ledger::v1::FinancialActionRecorded,
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
    pub provider: &'static str,
    /// `None` where the platform holds the money.
    pub settlement: Option<CompanySettlement>,
    /// What of that has gone back.
    fee_returned: i64,
    /// What the next payment is charged with; `None` as in events of long ago.
    pub commission_ppm: Option<i64>,
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
        Self {
            company_id,
            booking,
            payable,
            provider: "stripe",
            settlement: None,
            fee_returned: 0,
            commission_ppm: None,
            events: Vec::new(),
        }
    }

    /// Its payments settle with the company, and the platform keeps 10.71 EUR of each.
    pub fn settled_with_company(provider: &'static str) -> Self {
        let settlement = CompanySettlement { commission: 900, tax: 171, passes_platform: provider == "stripe" };
        Self { provider, settlement: Some(settlement), ..Self::new() }
    }

    /// What of the platform's fee goes back with a refund: never more than is left.
    fn give_fee_back(&mut self, amount: i64, payment_amount: i64) -> i64 {
        let all = self.settlement.map_or(0, |settlement| settlement.commission + settlement.tax);
        let fee = (all * amount / payment_amount).min(all - self.fee_returned);
        self.fee_returned += fee;
        fee
    }

    pub fn tell<E: contracts::Event>(&mut self, aggregate_id: uuid::Uuid, event: &E) {
        self.events.push(envelope(aggregate_id, self.events.len() as i64 + 1, crate::support::NOW, event));
    }

    pub fn received(&mut self, payment_id: PaymentId, amount: i64) -> &mut Self {
        let event = PaymentSucceeded {
            payment_id: payment_id.to_string(),
            payable: Some(self.payable.clone()),
            provider: self.provider.into(),
            provider_payment_id: "pi_1".into(),
            currency: "EUR".into(),
            amount,
            succeeded_at_micros: 1_800_000_000_000_000,
            was_held: false,
            settlement: self.settlement,
            commission_ppm: self.commission_ppm,
        };
        self.tell(payment_id.uuid(), &event);
        self
    }

    pub fn applied(&mut self, payment_id: PaymentId, amount: i64) -> &mut Self {
        let booking = Some(self.booking.clone());
        let settlement = self.settlement.map(|CompanySettlement { commission, tax, passes_platform }| {
            bookings::CompanySettlement { commission, tax, passes_platform }
        });
        let (payment_id, commission_ppm) = (payment_id.to_string(), self.commission_ppm);
        let event = BookingPaymentApplied { booking, payment_id, amount, settlement, commission_ppm };
        self.tell(BookingId::new().uuid(), &event);
        self
    }

    pub fn refunded(&mut self, payment_id: PaymentId, amount: i64, payment_amount: i64, reason: &str) -> &mut Self {
        self.tell_refund(RefundId::new(), payment_id, amount, payment_amount, reason);
        self
    }

    /// Answers what of the fee went with it.
    fn tell_refund(
        &mut self,
        id: RefundId,
        payment_id: PaymentId,
        amount: i64,
        payment_amount: i64,
        reason: &str,
    ) -> i64 {
        let application_fee = self.give_fee_back(amount, payment_amount);
        let event = RefundSucceeded {
            refund_id: id.to_string(),
            payment_id: payment_id.to_string(),
            payable: Some(self.payable.clone()),
            provider: self.provider.into(),
            currency: "EUR".into(),
            amount,
            payment_amount,
            reason: reason.into(),
            succeeded_at_micros: 1_800_000_100_000_000,
            settlement: self.settlement,
            application_fee,
            requested_by: if reason == "requested" { self.payable.customer_user_id.clone() } else { String::new() },
            ..RefundSucceeded::default()
        };
        self.tell(id.uuid(), &event);
        application_fee
    }

    /// A refund that is told to have gone out and to have come back.
    pub fn refunded_in_vain(&mut self, payment_id: PaymentId, amount: i64, payment_amount: i64) -> &mut Self {
        let id = RefundId::new();
        let application_fee = self.tell_refund(id, payment_id, amount, payment_amount, "cancellation");
        let event = RefundReturned {
            refund_id: id.to_string(),
            payment_id: payment_id.to_string(),
            payable: Some(self.payable.clone()),
            provider: self.provider.into(),
            currency: "EUR".into(),
            amount,
            payment_amount,
            failure_code: "expired_or_canceled_card".into(),
            returned_at_micros: 1_800_000_200_000_000,
            settlement: self.settlement,
            application_fee,
            ..RefundReturned::default()
        };
        self.tell(id.uuid(), &event);
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
async fn who_asked_for_a_refund_stands_in_the_trail_once() {
    let service = TestService::start(ledger::service()).await;
    let admin = service.token(&CallerToken::default().admin());
    let mut people = Vec::new();
    for kind in ["booking", "something_else"] {
        let (mut story, payment) = (Story::new(), PaymentId::new());
        story.payable.r#type = kind.into();
        story.received(payment, 500).refunded(payment, 200, 500, "requested").refunded(payment, 300, 500, "orphan");
        for event in story.events.iter().chain(&story.events) {
            service.deliver_envelope(&Envelope { id: kernel::new_uuid(), ..event.clone() }).await;
        }
        people.insert(0, json!(["payment_refunded", story.payable.customer_user_id, payment]));
    }
    let trail = service.get("/api/admin/ledger/actions").bearer(&admin).send().await.expect(200);
    let trail: Vec<Value> = trail["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| json!([row["action"], row["person_id"], row["detail"]["payment_id"]]))
        .collect();
    assert_eq!(trail, people);
}

#[tokio::test]
async fn what_somebody_did_by_hand_stands_in_the_trail_with_its_reason() {
    let service = TestService::start(ledger::service()).await;
    let (admin, payment) = (CallerToken::default().admin(), PaymentId::new());
    let event = FinancialActionTaken {
        action_id: kernel::FinancialActionId::new().to_string(),
        action: "payment_asked_again".into(),
        subject: payment.to_string(),
        person_id: UserId::new().to_string(),
        reason: "The customer has a receipt of their bank".into(),
        address: "192.0.2.7".into(),
        taken_at_micros: 1_800_000_000_000_000,
        ..FinancialActionTaken::default()
    };
    let envelope = envelope(payment.uuid(), 1, crate::support::NOW, &event);
    for _ in 0..2 {
        service.deliver_envelope(&envelope).await;
    }
    let path = format!("/api/admin/ledger/actions?subject={payment}");
    let trail = service.get(&path).bearer(&service.token(&admin)).send().await.expect(200);
    assert_eq!(trail["data"].as_array().unwrap().len(), 1, "{trail}");
    let row = &trail["data"][0];
    assert_eq!(
        (&row["action"], &row["person_id"], &row["reason"], &row["address"]),
        (&json!(event.action), &json!(event.person_id), &json!(event.reason), &json!(event.address))
    );
    let told = service.events::<FinancialActionRecorded>().await;
    assert_eq!(told.len(), 1, "for the trail of the whole platform");
    assert_eq!((&told[0].action, &told[0].person_id), (&event.action, &event.person_id));
    assert_eq!((&told[0].reason, &told[0].address), (&event.reason, &event.address));
    assert_eq!((json!(told[0].action_id), told[0].occurred_at_micros), (row["id"].clone(), event.taken_at_micros));
}

#[tokio::test]
async fn a_payment_no_booking_took_goes_back_from_unallocated() {
    let service = TestService::start(ledger::service()).await;
    for reason in ["orphan", "requested"] {
        let (mut story, payment) = (Story::new(), PaymentId::new());
        story.received(payment, 500).refunded(payment, 500, 500, reason);
        story.refunded_in_vain(PaymentId::new(), 70, 500);
        for event in story.events.iter().rev() {
            service.deliver_envelope(event).await;
        }
    }
    assert_eq!(posted(&service, "assets:provider:stripe").await, 0);
    assert_eq!(posted(&service, "liabilities:unallocated").await, 0);
    assert_eq!(posted(&service, "income:commission").await, 0);
    assert_sound(&service).await;
}

/// At Stripe the money that came back is the platform's to give on; at Square the company has it.
#[tokio::test(flavor = "multi_thread")]
async fn a_settled_refund_that_came_back_is_kept_for_whoever_it_is_and_counted_once() {
    for (provider, held, unallocated) in [("stripe", 1_071 - 357 + 3_570, 3_570), ("square", 1_071 - 357, 0)] {
        let service = TestService::start(ledger::service()).await;
        let (mut story, payment) = (Story::settled_with_company(provider), PaymentId::new());
        story.received(payment, 10_710).applied(payment, 10_710).refunded_in_vain(payment, 3_570, 10_710);
        for event in story.events.iter().chain(story.events.iter().rev()) {
            service.deliver_envelope(event).await;
        }
        assert_eq!(posted(&service, &format!("assets:provider:{provider}")).await, held, "{provider}");
        assert_eq!(posted(&service, "liabilities:unallocated").await, unallocated, "{provider}");
        story.refunded(payment, 10_710, 10_710, "cancellation");
        service.deliver_envelope(&story.events[story.events.len() - 1]).await;
        assert_eq!(posted(&service, "income:commission").await, 0, "{provider}: the whole of it may go back again");
        assert_sound(&service).await;
    }
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
            .refunded_in_vain(balance, 2_500, 8_710)
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
async fn a_payment_that_settles_with_the_company_leaves_the_fee_in_any_order() {
    let service = TestService::start(ledger::service()).await;
    let seed = Dice::seed();
    let mut dice = Dice::new(seed);
    let mut left = std::collections::BTreeMap::from([("stripe", 0), ("square", 0)]);
    for provider in ["stripe", "square", "stripe", "square"] {
        let (mut story, payment) = (Story::settled_with_company(provider), PaymentId::new());
        story.received(payment, 10_710).applied(payment, 10_710).completed();
        story.refunded(payment, 3_570, 10_710, "requested");
        story.events = [story.events.clone(), story.events.clone()].concat();
        dice.shuffle(&mut story.events);
        for event in &story.events {
            service.deliver_envelope(event).await;
        }
        let balance = balances(&service, story.company_id).await;
        let nothing =
            balance["balances"].as_array().unwrap().iter().all(|row| row["payable"] == 0 && row["pending"] == 0);
        assert!(nothing, "seed {seed}: {balance}");
        *left.get_mut(provider).unwrap() += 1_071 - 357;
        let clearing = format!("assets:provider:{provider}");
        assert_eq!(posted(&service, &clearing).await, left[provider], "seed {seed}");
    }
    assert_eq!(posted(&service, "liabilities:unallocated").await, 0, "seed {seed}");
    assert_eq!(posted(&service, "income:commission").await, 4 * 600, "seed {seed}");
    assert_eq!(posted(&service, "liabilities:tax:DE").await, 4 * 114, "seed {seed}");
    assert_sound(&service).await;
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
