//! Disputed payments: what they take from whom, in any order of their news.

use contracts::billing::v1::DisputeUpdated;
use kernel::{DisputeId, PaymentId};
use testkit::{TestService, eventually};

use crate::{
    stories::{Story, assert_sound, balances, posted},
    support::{Dice, number},
};

/// A dispute about a payment of `payment_amount`.
#[derive(Clone, Copy)]
pub struct Dispute {
    id: DisputeId,
    payment_id: PaymentId,
    payment_amount: i64,
    amount: i64,
}

impl Dispute {
    pub fn of(payment_id: PaymentId, payment_amount: i64) -> Self {
        Self { id: DisputeId::new(), payment_id, payment_amount, amount: payment_amount }
    }

    /// About another amount than that of the payment.
    pub fn over(self, amount: i64) -> Self {
        Self { amount, ..self }
    }

    pub fn tell(&self, story: &mut Story, status: &str, fee: Option<i64>) {
        let event = DisputeUpdated {
            dispute_id: self.id.to_string(),
            payment_id: self.payment_id.to_string(),
            payable: Some(story.payable.clone()),
            provider: story.provider.into(),
            provider_dispute_id: "dp_1".into(),
            currency: "EUR".into(),
            amount: self.amount,
            fee,
            status: status.into(),
            reason: "fraudulent".into(),
            opened_at_micros: 1_800_000_200_000_000,
            closed_at_micros: ["won", "lost"].contains(&status).then_some(1_800_000_300_000_000),
            payment_amount: self.payment_amount,
            settlement: story.settlement,
            ..DisputeUpdated::default()
        };
        story.tell(self.id.uuid(), &event);
    }
}

/// Delivers what has been told since the last time.
pub async fn hear(service: &TestService, story: &mut Story) {
    for event in std::mem::take(&mut story.events) {
        service.deliver_envelope(&event).await;
    }
}

/// The company's pending, payable and reserve.
async fn company(service: &TestService, story: &Story) -> (i64, i64, i64) {
    let balance = balances(service, story.company_id).await["balances"][0].clone();
    // No accounts where nothing has ever moved.
    let of = |name: &str| balance[name].as_i64().unwrap_or(0);
    (of("pending"), of("payable"), of("reserve"))
}

/// The provider, disputes, fees, commission and VAT.
async fn platform(service: &TestService) -> [i64; 5] {
    let codes = ["assets:provider:stripe", "expense:disputes", "expense:provider_fees", "income:commission"];
    let mut all = [0; 5];
    for (place, code) in codes.into_iter().chain(["liabilities:tax:DE"]).enumerate() {
        all[place] = posted(service, code).await;
    }
    all
}

#[tokio::test]
async fn a_lost_dispute_takes_each_part_back_and_the_platform_pays_the_fee() {
    let service = TestService::start(ledger::service()).await;
    let (mut story, payment) = (Story::new(), PaymentId::new());
    let dispute = Dispute::of(payment, 10_710);
    story.received(payment, 10_710).applied(payment, 10_710);
    dispute.tell(&mut story, "needs_response", None);
    hear(&service, &mut story).await;
    assert_eq!(platform(&service).await, [0, 10_710, 0, 900, 171], "the provider has taken it");
    assert_eq!(company(&service, &story).await, (9_639, 0, 0), "what is pending cannot be paid out anyway");
    story.completed();
    hear(&service, &mut story).await;
    assert_eq!(company(&service, &story).await, (0, 0, 9_639), "what becomes payable is kept back");
    dispute.tell(&mut story, "under_review", Some(2_000));
    hear(&service, &mut story).await;
    assert_eq!(platform(&service).await, [-2_000, 10_710, 2_000, 900, 171]);
    dispute.tell(&mut story, "lost", Some(2_000));
    hear(&service, &mut story).await;
    assert_eq!(platform(&service).await, [-2_000, 0, 2_000, 0, 0]);
    assert_eq!(company(&service, &story).await, (0, 0, 0));
    assert_sound(&service).await;
}

#[tokio::test]
async fn a_won_dispute_leaves_nothing_but_the_fee() {
    let service = TestService::start(ledger::service()).await;
    let (mut story, payment) = (Story::new(), PaymentId::new());
    let dispute = Dispute::of(payment, 10_710);
    story.received(payment, 10_710).applied(payment, 10_710).completed();
    dispute.tell(&mut story, "needs_response", Some(1_500));
    hear(&service, &mut story).await;
    assert_eq!(company(&service, &story).await, (0, 0, 9_639));
    dispute.tell(&mut story, "won", Some(1_500));
    hear(&service, &mut story).await;
    assert_eq!(company(&service, &story).await, (0, 9_639, 0));
    assert_eq!(platform(&service).await, [10_710 - 1_500, 0, 1_500, 900, 171]);
    assert_sound(&service).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_news_of_a_dispute_end_in_the_same_balances_in_any_order_and_twice() {
    let service = TestService::start(ledger::service()).await;
    let seed = Dice::seed();
    let mut dice = Dice::new(seed);
    for (told, payable, reserve) in [
        // 107.10 less 3.33: the company has 96.39 less 3.00 of it.
        (&["needs_response", "under_review"][..], 0, 9_639 - 300),
        (&["needs_response", "under_review", "won"], 9_639 - 300, 0),
        (&["needs_response", "lost"], 0, 0),
    ] {
        for _ in 0..6 {
            let (mut story, payment) = (Story::new(), PaymentId::new());
            // The provider takes no more than is left of the payment.
            let dispute = Dispute { amount: 10_710 - 333, ..Dispute::of(payment, 10_710) };
            story
                .received(payment, 10_710)
                .applied(payment, 10_710)
                .refunded(payment, 333, 10_710, "requested")
                .completed();
            for status in told {
                dispute.tell(&mut story, status, Some(20));
            }
            story.events = [story.events.clone(), story.events.clone()].concat();
            dice.shuffle(&mut story.events);
            hear(&service, &mut story).await;
            assert_eq!(company(&service, &story).await, (0, payable, reserve), "seed {seed}: {told:?}");
        }
    }
    let open = 6 * (10_710 - 333);
    let [provider, disputes, fees, ..] = platform(&service).await;
    assert_eq!((provider, disputes, fees), (open - 18 * 20, open, 18 * 20), "seed {seed}");
    assert_eq!(posted(&service, "liabilities:unallocated").await, 0, "seed {seed}");
    assert_sound(&service).await;
}

#[tokio::test]
async fn a_dispute_takes_no_more_than_is_left_of_the_payment() {
    let service = TestService::start(ledger::service()).await;
    let (mut story, payment) = (Story::new(), PaymentId::new());
    story.received(payment, 10_710).applied(payment, 10_710).refunded(payment, 710, 10_710, "requested").completed();
    Dispute::of(payment, 10_710).tell(&mut story, "lost", None);
    hear(&service, &mut story).await;
    assert_eq!(company(&service, &story).await, (0, 0, 0));
    assert_eq!(platform(&service).await, [-710, 710, 0, 0, 0], "the rest is the platform's");
    assert_sound(&service).await;
}

#[tokio::test]
async fn a_payment_that_nobody_took_is_disputed_from_where_it_lies() {
    let service = TestService::start(ledger::service()).await;
    for kind in ["booking", "something_else"] {
        let (mut story, payment) = (Story::new(), PaymentId::new());
        story.payable.r#type = kind.into();
        story.received(payment, 500);
        Dispute::of(payment, 500).tell(&mut story, "lost", None);
        hear(&service, &mut story).await;
    }
    assert_eq!(posted(&service, "liabilities:unallocated").await, 0);
    assert_eq!(platform(&service).await, [0; 5]);
    assert_sound(&service).await;
}

#[tokio::test]
async fn a_dispute_that_contradicts_itself_is_refused_and_moves_nothing() {
    let service = TestService::start(ledger::service()).await;
    let (mut story, payment) = (Story::new(), PaymentId::new());
    let dispute = Dispute::of(payment, 10_710);
    story.received(payment, 10_710).applied(payment, 10_710).completed();
    dispute.tell(&mut story, "lost", None);
    hear(&service, &mut story).await;
    dispute.tell(&mut story, "won", None);
    Dispute { amount: 1, ..dispute }.tell(&mut story, "lost", None);
    dispute.tell(&mut story, "mislaid", None);
    for (before, event) in story.events.iter().enumerate() {
        let refused = eventually("it is refused", async || {
            let refusals = number(&service.db, "SELECT count(*) AS n FROM delivery_attempts").await;
            (refusals > before as i64).then_some(())
        });
        tokio::select! {
            () = service.deliver_envelope(event) => panic!("{event:?} was taken"),
            () = refused => {}
        }
    }
    assert_eq!(company(&service, &story).await, (0, 0, 0));
    assert_eq!(platform(&service).await, [0; 5]);
    assert_sound(&service).await;
}
