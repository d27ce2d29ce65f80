use jiff::SignedDuration;
use kernel::{Currency, UserId};
use proptest::prelude::*;

use super::*;
use crate::{payables::PayableRef, payments::model::NewPayment};

fn told(status: ProviderStatus, minute: i64, fee: Option<i64>) -> DisputeUpdated {
    DisputeUpdated {
        provider_dispute_id: "dp_1".to_owned(),
        provider_payment_id: "pi_1".to_owned(),
        amount: Money::new(9000, Currency::EUR),
        fee: fee.map(|fee| Money::new(fee, Currency::EUR)),
        status,
        reason: "fraudulent".to_owned(),
        evidence_due_at: None,
        occurred_at: Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute),
    }
}

fn payment() -> Payment {
    let new = NewPayment {
        payable: PayableRef::from_parts("booking", kernel::new_uuid()).unwrap(),
        company_id: CompanyId::new(),
        customer_user_id: Some(UserId::new()),
        provider: ProviderName::Stripe,
        amount: Money::new(9000, Currency::EUR),
        authorization: None,
        settlement: None,
        commission: None,
    };
    Payment::new(new, Timestamp::UNIX_EPOCH)
}

fn of(facts: &[DisputeUpdated]) -> Dispute {
    let mut dispute = Dispute::new(&payment(), &facts[0]);
    for fact in &facts[1..] {
        dispute.apply(fact);
    }
    dispute
}

#[test]
fn a_decision_is_told_once() {
    let mut dispute = of(&[told(ProviderStatus::NeedsResponse, 1, None)]);
    assert_eq!(dispute.apply(&told(ProviderStatus::UnderReview, 2, None)), None);
    assert_eq!(dispute.apply(&told(ProviderStatus::Lost, 3, None)), Some(Turn::Lost));
    assert_eq!(dispute.apply(&told(ProviderStatus::Lost, 3, None)), None);
    assert_eq!((dispute.status, dispute.closed_at.is_some()), (DisputeStatus::Lost, true));
}

#[test]
fn what_is_told_late_does_not_open_it_again() {
    let mut dispute = of(&[told(ProviderStatus::Won, 9, None)]);
    assert_eq!(dispute.apply(&told(ProviderStatus::NeedsResponse, 1, Some(1500))), None);
    assert_eq!((dispute.status, dispute.fee.map(|fee| fee.amount)), (DisputeStatus::Won, Some(1500)));
    assert_eq!(dispute.opened_at, Timestamp::UNIX_EPOCH + SignedDuration::from_mins(1));
}

fn facts() -> impl Strategy<Value = Vec<DisputeUpdated>> {
    let statuses =
        [ProviderStatus::NeedsResponse, ProviderStatus::UnderReview, ProviderStatus::Won, ProviderStatus::Lost];
    let fact =
        (0..statuses.len(), 0_i64..6).prop_map(move |(status, minute)| told(statuses[status], minute, Some(1500)));
    prop::collection::vec(fact, 1..8)
}

proptest! {
    #[test]
    fn the_order_of_the_news_does_not_matter(mut news in facts(), seed in any::<u64>()) {
        let told = of(&news);
        let length = news.len();
        news.rotate_left(usize::try_from(seed % length as u64).unwrap());
        news.reverse();
        let again = of(&news);
        prop_assert_eq!(
            (told.status, told.told_at, told.opened_at, told.closed_at, told.fee),
            (again.status, again.told_at, again.opened_at, again.closed_at, again.fee)
        );
    }
}
