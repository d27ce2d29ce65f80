use std::collections::BTreeMap;

use kernel::{AccountId, Money};
use proptest::prelude::*;

use super::*;
use crate::rules::{Cast, Rates, legs};

#[derive(Debug, Clone, Copy)]
enum Event {
    Received {
        payment: usize,
    },
    Taken {
        payment: usize,
    },
    Refunded {
        payment: usize,
        amount: i64,
    },
    /// Out, and back from there: whoever hears of the return first makes up for the rest.
    RefundedInVain {
        payment: usize,
        amount: i64,
    },
    Lost {
        payment: usize,
        amount: i64,
    },
    Completed,
}

const AMOUNTS: [i64; 2] = [2_000, 8_710];

fn country() -> Country {
    "DE".parse().unwrap()
}

/// The rate has gone down between the deposit and the balance.
fn split_of(amount: i64) -> Split {
    let commission = if amount == AMOUNTS[0] { "10" } else { "5" };
    let rates = Rates { commission: commission.parse().unwrap(), vat: "19".parse().unwrap() };
    Split::new(Money::new(amount, Currency::EUR), 9_000, 10_710, rates).unwrap()
}

/// A booking with a deposit and a balance, and the debit-positive balances of all accounts.
struct Story {
    booking: BookingShare,
    payments: Vec<PaymentPosition>,
    balances: BTreeMap<AccountId, i64>,
}

impl Story {
    fn new() -> Self {
        let company = CompanyId::from_uuid(uuid::Uuid::from_u128(3));
        let payments = AMOUNTS.map(PaymentPosition::new).to_vec();
        Self { booking: BookingShare::new(company, Currency::EUR), payments, balances: BTreeMap::new() }
    }

    fn hear(&mut self, event: Event) {
        let completed = self.booking.completed;
        let posting = match event {
            Event::Received { payment } => Some((TransferKind::PaymentReceived, Parts::whole(AMOUNTS[payment]))),
            Event::Taken { payment } => self.payments[payment]
                .take(&mut self.booking, split_of(AMOUNTS[payment]), country())
                .unwrap()
                .map(|parts| (TransferKind::PaymentAllocated, parts)),
            Event::Refunded { payment, amount } => {
                Some(self.payments[payment].refund(&mut self.booking, amount).unwrap())
            }
            Event::RefundedInVain { payment, amount } => {
                self.hear(Event::Refunded { payment, amount });
                Some(self.payments[payment].return_refund(&mut self.booking, amount).unwrap())
            }
            Event::Lost { payment, amount } => self.payments[payment].lose(&mut self.booking, amount).unwrap(),
            Event::Completed => self.booking.complete().map(|parts| (TransferKind::ShareReleased, parts)),
        };
        let cast = Cast {
            provider: Some("stripe".parse().unwrap()),
            company: Some(self.booking.company_id),
            tax_country: Some(country()),
            completed,
            ..Cast::new(Currency::EUR)
        };
        if let Some((kind, parts)) = posting {
            for leg in legs(kind, &cast, parts).unwrap() {
                *self.balances.entry(leg.account.id()).or_default() += leg.amount;
            }
        }
    }

    fn after(events: &[Event]) -> BTreeMap<AccountId, i64> {
        let mut story = Self::new();
        events.iter().for_each(|event| story.hear(*event));
        assert_eq!(story.balances.values().sum::<i64>(), 0);
        story.balances.retain(|_, balance| *balance != 0);
        story.balances
    }
}

fn story() -> Vec<Event> {
    vec![
        Event::Received { payment: 0 },
        Event::Taken { payment: 0 },
        Event::Received { payment: 1 },
        Event::Taken { payment: 1 },
        Event::Refunded { payment: 1, amount: 333 },
        Event::Completed,
        Event::RefundedInVain { payment: 1, amount: 2_500 },
        Event::Refunded { payment: 1, amount: 1_001 },
        Event::Refunded { payment: 0, amount: 7 },
    ]
}

proptest! {
    #[test]
    fn every_order_of_a_bookings_events_ends_in_the_same_balances(events in Just(story()).prop_shuffle()) {
        prop_assert_eq!(Story::after(&events), Story::after(&story()));
    }

    #[test]
    fn a_booking_paid_back_in_full_leaves_nothing(order in Just((0..9).collect::<Vec<_>>()).prop_shuffle(), cut in 1..8_709_i64) {
        let mut events = story();
        events.truncate(4);
        events.extend([
            Event::Completed,
            Event::Refunded { payment: 0, amount: 2_000 },
            Event::Refunded { payment: 1, amount: cut },
            Event::Refunded { payment: 1, amount: 8_710 - cut },
        ]);
        let shuffled: Vec<Event> = order.into_iter().filter_map(|index: usize| events.get(index).copied()).collect();
        prop_assert_eq!(Story::after(&shuffled), BTreeMap::new());
    }
}

proptest! {
    #[test]
    fn a_lost_dispute_takes_the_same_in_every_order(order in Just((0..6).collect::<Vec<usize>>()).prop_shuffle()) {
        let events = [
            Event::Received { payment: 0 },
            Event::Taken { payment: 0 },
            Event::Refunded { payment: 0, amount: 333 },
            Event::Lost { payment: 0, amount: 1_000 },
            Event::Lost { payment: 0, amount: 667 },
            Event::Completed,
        ];
        let shuffled: Vec<Event> = order.into_iter().map(|index| events[index]).collect();
        // All of it is gone: 3.33 from the provider, the rest from the disputes' account, where its opening stood.
        let left = Story::after(&shuffled);
        prop_assert_eq!(left.values().copied().collect::<std::collections::BTreeSet<_>>(), [-1_667, 1_667].into());
    }
}

#[test]
fn a_lost_dispute_takes_no_more_than_is_left() {
    let mut story = Story::new();
    story.hear(Event::Taken { payment: 0 });
    assert_eq!(story.payments[0].at_stake(5_000, Currency::EUR).unwrap(), split_of(AMOUNTS[0]).parts());
    story.hear(Event::Refunded { payment: 0, amount: 1_500 });
    assert_eq!(story.payments[0].at_stake(5_000, Currency::EUR).unwrap().whole, 500);
    let lost = story.payments[0].lose(&mut story.booking, 5_000).unwrap();
    assert!(matches!(lost, Some((TransferKind::DisputeLost, Parts { whole: 500, .. }))), "{lost:?}");
    assert_eq!(story.payments[0].lose(&mut story.booking, 5_000).unwrap(), None);
    assert_eq!(story.booking.share, 0);
}

#[test]
fn a_refund_that_came_back_leaves_everything_as_it_was() {
    let mut story = Story::new();
    story.hear(Event::Received { payment: 0 });
    story.hear(Event::Taken { payment: 0 });
    let before = (story.payments.clone(), story.booking.clone(), story.balances.clone());
    story.hear(Event::RefundedInVain { payment: 0, amount: 333 });
    assert_eq!((story.payments.clone(), story.booking.clone(), story.balances.clone()), before);
    for amount in [0, -1, 1] {
        let refused = story.payments[0].return_refund(&mut story.booking, amount);
        assert_eq!(refused.unwrap_err().to_string(), AllocationError::ReturnedTooMuch.to_string(), "{amount}");
    }
}

#[test]
fn what_was_said_before_changes_nothing() {
    let mut story = Story::new();
    story.hear(Event::Taken { payment: 0 });
    let taken_again = story.payments[0].take(&mut story.booking, split_of(AMOUNTS[0]), country());
    assert_eq!(taken_again.unwrap(), None);
    assert!(story.booking.complete().is_some());
    assert_eq!(story.booking.complete(), None);
}

#[test]
fn a_refund_of_more_than_was_paid_is_refused_and_changes_nothing() {
    let mut story = Story::new();
    for amount in [0, -1, 2_001, i64::MAX] {
        let refused = story.payments[0].refund(&mut story.booking, amount);
        assert_eq!(refused.unwrap_err().to_string(), AllocationError::RefundedTooMuch.to_string(), "{amount}");
    }
    assert_eq!(story.payments[0], PaymentPosition::new(AMOUNTS[0]));
}
