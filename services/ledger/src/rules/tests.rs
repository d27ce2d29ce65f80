use std::collections::BTreeMap;

use kernel::{Money, TransferId};
use proptest::prelude::*;

use super::*;
use crate::{accounts::AccountKey, transfers::TransferDraft};

fn full_cast(company: CompanyId, completed: bool) -> Cast {
    Cast {
        provider: Some("stripe".parse().unwrap()),
        company: Some(company),
        customer: Some(kernel::UserId::new()),
        tax_country: Some("DE".parse().unwrap()),
        completed,
        ..Cast::new(Currency::EUR)
    }
}

fn some_parts() -> Parts {
    let rates = Rates { commission: "10".parse().unwrap(), vat: "19".parse().unwrap() };
    Split::new(Money::new(10_710, Currency::EUR), 9_000, 10_710, rates).unwrap().parts()
}

#[test]
fn every_rule_makes_a_whole_and_balanced_transfer() {
    for rule in RULES {
        for completed in [false, true] {
            let legs = legs(rule.kind, &full_cast(CompanyId::new(), completed), some_parts()).unwrap();
            let draft = TransferDraft::new(TransferId::new(), rule.kind, "x", jiff::Timestamp::UNIX_EPOCH, legs);
            assert!(draft.is_ok(), "{rule:?}: {draft:?}");
        }
    }
}

#[test]
fn every_kind_has_one_rule() {
    for rule in RULES {
        assert_eq!(RULES.iter().filter(|other| other.kind == rule.kind).count(), 1, "{rule:?}");
    }
}

#[test]
fn every_kind_that_an_event_makes_has_a_rule() {
    // A conversion has two sums; the other two are what people make of them.
    let by_hand = [TransferKind::Exchange, TransferKind::Reversal, TransferKind::Adjustment];
    for kind in TransferKind::ALL {
        let has_rule = RULES.iter().any(|rule| rule.kind == *kind);
        assert!(has_rule != by_hand.contains(kind), "{kind:?}");
    }
}

#[test]
fn a_conversion_balances_in_each_currency() {
    let legs = exchange_legs(
        AccountCode::Bank,
        Money::new(10_000, Currency::EUR),
        AccountCode::Bank,
        Money::new(16_000, Currency::JPY),
    );
    let draft = TransferDraft::new(TransferId::new(), TransferKind::Exchange, "x", jiff::Timestamp::UNIX_EPOCH, legs);
    assert!(draft.is_ok(), "{draft:?}");
}

#[test]
fn lines_that_move_nothing_are_left_out() {
    let cast = full_cast(CompanyId::new(), false);
    let kind = TransferKind::PaymentAllocated;
    assert_eq!(legs(kind, &cast, Parts::whole(1)).unwrap().len(), 2);
    assert!(legs(kind, &cast, Parts::whole(0)).unwrap().is_empty());
}

#[test]
fn an_event_that_names_nobody_for_a_role_is_refused() {
    let refused = legs(TransferKind::PaymentReceived, &Cast::new(Currency::EUR), Parts::whole(1));
    assert_eq!(refused, Err(RuleError::Uncast { kind: TransferKind::PaymentReceived, role: Role::Provider }));
}

#[test]
fn a_paid_booking_in_numbers() {
    let company = CompanyId::new();
    let cast = full_cast(company, false);
    let mut books = Ledger::default();
    books.post(TransferKind::PaymentReceived, &cast, Parts::whole(10_710));
    books.post(TransferKind::PaymentAllocated, &cast, some_parts());
    assert_eq!(books.of(AccountCode::Provider("stripe".parse().unwrap())), 10_710);
    assert_eq!(books.of(AccountCode::Unallocated), 0);
    assert_eq!(books.of(AccountCode::CompanyPending(company)), -9_639);
    assert_eq!(books.of(AccountCode::Commission), -900);
    assert_eq!(books.of(AccountCode::Tax("DE".parse().unwrap())), -171);
    books.post(TransferKind::ShareReleased, &cast, Parts::whole(9_639));
    assert_eq!(books.of(AccountCode::CompanyPending(company)), 0);
    assert_eq!(books.of(AccountCode::CompanyPayable(company)), -9_639);
    books.post(TransferKind::PaymentRefunded, &full_cast(company, true), some_parts());
    assert!(books.0.values().all(|balance| *balance == 0), "{books:?}");
}

proptest! {
    #[test]
    fn a_payment_that_went_back_leaves_nothing(amount in 1..1_000_000_i64, cut in any::<u32>(), completed: bool) {
        let cast = full_cast(CompanyId::from_uuid(uuid::Uuid::from_u128(5)), completed);
        let rates = Rates { commission: "10".parse().unwrap(), vat: "20".parse().unwrap() };
        let split = Split::new(Money::new(amount, Currency::EUR), 9_000, 10_800, rates).unwrap();
        let cut = i64::from(cut) % (amount + 1);
        let mut books = Ledger::default();
        books.post(TransferKind::PaymentReceived, &cast, Parts::whole(amount));
        books.post(TransferKind::PaymentAllocated, &cast, split.parts());
        books.post(TransferKind::PaymentRefunded, &cast, split.between(0, cut, Currency::EUR).unwrap());
        books.post(TransferKind::PaymentRefunded, &cast, split.between(cut, amount, Currency::EUR).unwrap());
        prop_assert!(books.0.values().all(|balance| *balance == 0), "{books:?}");
    }
}

/// Debit-positive balances by account.
#[derive(Debug, Default)]
struct Ledger(BTreeMap<kernel::AccountId, i64>);

impl Ledger {
    fn post(&mut self, kind: TransferKind, cast: &Cast, parts: Parts) {
        for leg in legs(kind, cast, parts).unwrap() {
            *self.0.entry(leg.account.id()).or_default() += leg.amount;
        }
    }

    fn of(&self, code: AccountCode) -> i64 {
        self.0.get(&AccountKey::new(code, Currency::EUR).id()).copied().unwrap_or_default()
    }
}
