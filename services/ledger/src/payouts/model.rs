//! What has to be posted before a payout; pure.

use crate::transfers::TransferKind;

/// What a company has and owes in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Payable less what holds keep of it; below zero when refunds took more than was there.
    pub payable: i64,
    pub receivable: i64,
    /// What it owes of money taken at its desk; below zero where more commission was given back than is owed.
    pub desk_debt: i64,
}

/// The postings that set off what is owed, and what can be paid out after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetOff {
    pub postings: Vec<(TransferKind, i64)>,
    pub payable: i64,
}

/// A payable below zero becomes a receivable; a receivable, and what is owed of money from the desk, is paid out of what is
/// payable.
pub fn set_off(standing: Standing) -> SetOff {
    let Standing { mut payable, receivable, desk_debt } = standing;
    let mut postings = Vec::new();
    if desk_debt < 0 {
        let back = desk_debt.saturating_neg();
        postings.push((TransferKind::DeskDebtReturned, back));
        payable = payable.saturating_add(back);
    }
    if payable < 0 {
        postings.push((TransferKind::ReceivableRaised, payable.saturating_neg()));
        payable = 0;
    }
    for (kind, owed) in [(TransferKind::ReceivableOffset, receivable), (TransferKind::DeskDebtOffset, desk_debt)] {
        let offset = payable.min(owed);
        if offset > 0 {
            postings.push((kind, offset));
            payable -= offset;
        }
    }
    SetOff { postings, payable }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check((payable, receivable, desk_debt): (i64, i64, i64), postings: &[(TransferKind, i64)], left: i64) {
        let expected = SetOff { postings: postings.to_vec(), payable: left };
        let done = set_off(Standing { payable, receivable, desk_debt });
        assert_eq!(done, expected, "{payable} {receivable} {desk_debt}");
    }

    #[test]
    fn what_is_owed_is_set_off_before_anything_is_paid_out() {
        use TransferKind::{DeskDebtOffset, DeskDebtReturned, ReceivableOffset, ReceivableRaised};
        check((500, 0, 0), &[], 500);
        check((500, 200, 0), &[(ReceivableOffset, 200)], 300);
        check((500, 700, 0), &[(ReceivableOffset, 500)], 0);
        check((-300, 0, 0), &[(ReceivableRaised, 300)], 0);
        check((-300, 100, 0), &[(ReceivableRaised, 300)], 0);
        check((0, 100, 0), &[], 0);
        check((500, 0, 80), &[(DeskDebtOffset, 80)], 420);
        check((500, 450, 80), &[(ReceivableOffset, 450), (DeskDebtOffset, 50)], 0);
        check((-300, 0, 80), &[(ReceivableRaised, 300)], 0);
        check((500, 0, -80), &[(DeskDebtReturned, 80)], 580);
        check((-50, 30, -80), &[(DeskDebtReturned, 80), (ReceivableOffset, 30)], 0);
    }

    proptest! {
        #[test]
        fn nothing_is_made_or_lost(
            payable in -1_000_000..1_000_000_i64,
            receivable in 0..1_000_000_i64,
            desk_debt in -1_000_000..1_000_000_i64,
        ) {
            let done = set_off(Standing { payable, receivable, desk_debt });
            let before = (payable, receivable, desk_debt);
            let after = done.postings.iter().fold(before, |(payable, receivable, desk), (kind, amount)| match kind {
                TransferKind::ReceivableRaised => (payable + amount, receivable + amount, desk),
                TransferKind::DeskDebtReturned => (payable + amount, receivable, desk + amount),
                TransferKind::DeskDebtOffset => (payable - amount, receivable, desk - amount),
                _ => (payable - amount, receivable - amount, desk),
            });
            prop_assert_eq!(after.0, done.payable);
            prop_assert_eq!(after.0 - after.1 - after.2, payable - receivable - desk_debt);
            prop_assert!(after.0 >= 0 && after.1 >= 0 && after.2 >= 0);
        }
    }
}
