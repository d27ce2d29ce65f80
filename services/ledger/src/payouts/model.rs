//! What has to be posted before a payout; pure.

use crate::transfers::TransferKind;

/// What a company has and owes in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Payable less what holds keep of it; below zero when refunds took more than was there.
    pub payable: i64,
    pub receivable: i64,
}

/// The postings that set off what is owed, and what can be paid out after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetOff {
    pub postings: Vec<(TransferKind, i64)>,
    pub payable: i64,
}

/// A payable below zero becomes a receivable; a receivable is paid out of what is payable.
pub fn set_off(standing: Standing) -> SetOff {
    let Standing { payable, receivable } = standing;
    if payable < 0 {
        let owed = payable.saturating_neg();
        return SetOff { postings: vec![(TransferKind::ReceivableRaised, owed)], payable: 0 };
    }
    match payable.min(receivable) {
        offset if offset > 0 => {
            SetOff { postings: vec![(TransferKind::ReceivableOffset, offset)], payable: payable - offset }
        }
        _ => SetOff { postings: Vec::new(), payable },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(payable: i64, receivable: i64, postings: &[(TransferKind, i64)], left: i64) {
        let expected = SetOff { postings: postings.to_vec(), payable: left };
        assert_eq!(set_off(Standing { payable, receivable }), expected, "{payable} {receivable}");
    }

    #[test]
    fn what_is_owed_is_set_off_before_anything_is_paid_out() {
        check(500, 0, &[], 500);
        check(500, 200, &[(TransferKind::ReceivableOffset, 200)], 300);
        check(500, 700, &[(TransferKind::ReceivableOffset, 500)], 0);
        check(-300, 0, &[(TransferKind::ReceivableRaised, 300)], 0);
        check(-300, 100, &[(TransferKind::ReceivableRaised, 300)], 0);
        check(0, 100, &[], 0);
    }

    proptest! {
        #[test]
        fn nothing_is_made_or_lost(payable in -1_000_000..1_000_000_i64, receivable in 0..1_000_000_i64) {
            let done = set_off(Standing { payable, receivable });
            let after = done.postings.iter().fold((payable, receivable), |(payable, receivable), (kind, amount)| match kind {
                TransferKind::ReceivableRaised => (payable + amount, receivable + amount),
                _ => (payable - amount, receivable - amount),
            });
            prop_assert_eq!(after.0, done.payable);
            prop_assert_eq!(after.0 - after.1, payable - receivable);
            prop_assert!(after.0 >= 0 && after.1 >= 0);
        }
    }
}
