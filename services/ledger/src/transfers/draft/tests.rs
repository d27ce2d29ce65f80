use super::*;
use crate::accounts::AccountCode;

fn draft(legs: Vec<Leg>) -> Result<TransferDraft, DraftError> {
    let id = TransferId::from_uuid(Uuid::from_u128(1));
    TransferDraft::new(id, TransferKind::Adjustment, "test", Timestamp::UNIX_EPOCH, legs)
}

fn legs(amounts: &[(AccountCode, Currency, i64)]) -> Vec<Leg> {
    let leg = |(code, currency, amount): &(AccountCode, Currency, i64)| Leg {
        account: code.clone().in_currency(*currency),
        amount: *amount,
    };
    amounts.iter().map(leg).collect()
}

#[test]
fn only_whole_and_balanced_transfers_are_drafts() {
    use AccountCode::{Bank, Commission, Unallocated};
    let (eur, gbp) = (Currency::EUR, Currency::GBP);
    let check = |amounts: &[(AccountCode, Currency, i64)]| draft(legs(amounts)).err();
    assert_eq!(check(&[]), Some(DraftError::TooFewLegs));
    assert_eq!(check(&[(Bank, eur, 1)]), Some(DraftError::TooFewLegs));
    assert_eq!(check(&[(Bank, eur, 0), (Unallocated, eur, 0)]), Some(DraftError::EmptyLeg));
    assert_eq!(check(&[(Bank, eur, 1), (Unallocated, eur, -2)]), Some(DraftError::Unbalanced(eur)));
    assert_eq!(check(&[(Bank, eur, 1), (Unallocated, gbp, -1)]), Some(DraftError::Unbalanced(eur)));
    assert_eq!(check(&[(Bank, eur, i64::MIN), (Unallocated, eur, i64::MAX)]), Some(DraftError::Overflow));
    assert_eq!(check(&[(Bank, eur, i64::MAX), (Unallocated, eur, -i64::MAX)]), None);
    let exchange = [(Bank, eur, 10), (Unallocated, eur, -10), (Bank, gbp, -8), (Commission, gbp, 8)];
    assert_eq!(check(&exchange), None);
}

fn pair(amount: i64) -> Vec<Leg> {
    use AccountCode::{Bank, Unallocated};
    legs(&[(Bank, Currency::EUR, amount), (Unallocated, Currency::EUR, -amount)])
}

fn of(action: Action) -> [u8; 32] {
    let id = TransferId::from_uuid(Uuid::from_u128(1));
    let draft = TransferDraft::of(id, TransferKind::Adjustment, "test", Timestamp::UNIX_EPOCH, action);
    draft.unwrap().fingerprint()
}

#[test]
fn the_fingerprint_changes_with_every_part_of_the_content() {
    use AccountCode::{Bank, Unallocated};
    let first = draft(pair(5)).unwrap();
    assert_eq!(first.fingerprint(), draft(pair(5)).unwrap().caused_by(Uuid::from_u128(9)).fingerprint());
    let at = |second| Timestamp::from_second(second).unwrap();
    let other = |kind, source: &str, effective_at| {
        TransferDraft::new(first.id(), kind, source, effective_at, pair(5)).unwrap().fingerprint()
    };
    let hold = TransferId::from_uuid(Uuid::from_u128(3));
    let prints = [
        first.fingerprint(),
        draft(pair(6)).unwrap().fingerprint(),
        draft(pair(-5)).unwrap().fingerprint(),
        draft(legs(&[(Bank, Currency::GBP, 5), (Unallocated, Currency::GBP, -5)])).unwrap().fingerprint(),
        draft(pair(5)).unwrap().reversing(TransferId::new()).fingerprint(),
        other(TransferKind::Adjustment, "other", at(0)),
        other(TransferKind::ShareReleased, "test", at(0)),
        other(TransferKind::Adjustment, "test", at(1)),
        of(Action::Hold { legs: pair(5), expires_at: None }),
        of(Action::Hold { legs: pair(5), expires_at: Some(at(1)) }),
        of(Action::Capture { hold_id: hold, legs: None }),
        of(Action::Capture { hold_id: hold, legs: Some(pair(5)) }),
        of(Action::Capture { hold_id: first.id(), legs: None }),
        of(Action::Void(hold)),
        of(Action::Expire(hold)),
    ];
    for (index, print) in prints.iter().enumerate() {
        assert!(!prints[..index].contains(print), "{index}");
    }
}
