use kernel::Currency;
use proptest::prelude::*;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn refund() -> Refund {
    let new = NewRefund {
        amount: Money::new(500, Currency::EUR),
        cause: RefundCause::Requested,
        note: None,
        requested_by: None,
        unique_key: None,
    };
    Refund::new(PaymentId::new(), new, at(0))
}

fn told(status: ProviderStatus) -> RefundState {
    RefundState { provider_refund_id: "re_1".to_owned(), amount: Money::new(500, Currency::EUR), status, failure: None }
}

fn source(seconds: i64, left: i64, is_applied: bool) -> Source {
    Source { payment_id: PaymentId::new(), left, is_applied, succeeded_at: Some(at(seconds)) }
}

#[test]
fn a_refund_is_decided_once() {
    let mut refund = refund();
    assert_eq!(refund.apply(&told(ProviderStatus::Succeeded), at(1)), Some(Outcome::Succeeded));
    for status in [ProviderStatus::Succeeded, ProviderStatus::Pending] {
        assert_eq!(refund.apply(&told(status), at(2)), None);
    }
    assert_eq!((refund.status, refund.check_at), (RefundStatus::Succeeded, None));
}

#[test]
fn a_refund_that_fails_after_it_succeeded_comes_back_once() {
    let mut refund = refund();
    refund.apply(&told(ProviderStatus::Succeeded), at(1)).unwrap();
    assert!(matches!(refund.apply(&told(ProviderStatus::Failed), at(2)), Some(Outcome::Returned(_))));
    for status in [ProviderStatus::Failed, ProviderStatus::Succeeded, ProviderStatus::Pending] {
        assert_eq!(refund.apply(&told(status), at(3)), None);
    }
    assert_eq!((refund.status, refund.failure.is_some()), (RefundStatus::Failed, true));
}

#[test]
fn a_stale_success_does_not_revive_a_failed_refund() {
    let mut refund = refund();
    assert!(matches!(refund.apply(&told(ProviderStatus::Failed), at(1)), Some(Outcome::Failed(_))));
    assert_eq!(refund.apply(&told(ProviderStatus::Succeeded), at(2)), None);
    assert_eq!(refund.status, RefundStatus::Failed);
}

#[test]
fn an_accepted_refund_is_asked_about_until_it_is_decided() {
    let mut refund = refund();
    assert_eq!(refund.apply(&told(ProviderStatus::Pending), at(0)), None);
    assert!(refund.check_at > Some(at(0)));
    refund.apply(&told(ProviderStatus::Failed), at(1)).unwrap();
    assert_eq!(refund.check_at, None);
}

#[test]
fn counted_payments_give_first_and_the_newest_of_them() {
    let (old, new, orphan_to_be) = (source(1, 100, true), source(2, 100, true), source(3, 100, false));
    let all = vec![orphan_to_be, old, new];
    assert_eq!(spread(50, all.clone()), [(new.payment_id, 50)]);
    assert_eq!(spread(150, all.clone()), [(new.payment_id, 100), (old.payment_id, 50)]);
    assert_eq!(spread(0, all), []);
}

proptest! {
    #[test]
    fn a_cancellation_never_takes_more_than_is_asked_or_left(
        amount in 0..10_000_i64,
        sources in prop::collection::vec((0..100_i64, 0..3_000_i64, any::<bool>()), 0..6),
    ) {
        let sources: Vec<Source> = sources.into_iter().map(|(at, left, applied)| source(at, left, applied)).collect();
        let left: i64 = sources.iter().map(|source| source.left).sum();
        let parts = spread(amount, sources.clone());
        prop_assert_eq!(parts.iter().map(|(_, part)| part).sum::<i64>(), amount.min(left));
        for (payment_id, part) in parts {
            let source = sources.iter().find(|source| source.payment_id == payment_id).unwrap();
            prop_assert!(part > 0 && part <= source.left);
        }
    }
}
