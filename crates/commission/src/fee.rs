//! The fee that the platform keeps of a payment that settles with the company itself.

use kernel::{Currency, Money, MoneyError};

use super::{Parts, Split, SplitError};

/// Commission and the VAT on it, of one payment, in minor units of its currency. It is fixed when the payment is made: the
/// provider keeps this for the platform, and later rates do not change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApplicationFee {
    commission: i64,
    tax: i64,
}

impl ApplicationFee {
    /// A fee that was made before. Neither part is negative.
    pub fn restore(commission: i64, tax: i64) -> Result<Self, SplitError> {
        if commission < 0 || tax < 0 {
            return Err(SplitError::NotAPrice);
        }
        commission.checked_add(tax).ok_or(MoneyError::Overflow)?;
        Ok(Self { commission, tax })
    }

    /// What the platform has of a split payment.
    pub fn of(split: Split) -> Result<Self, SplitError> {
        Self::restore(split.parts().commission, split.parts().tax)
    }

    pub fn commission(self) -> i64 {
        self.commission
    }

    pub fn tax(self) -> i64 {
        self.tax
    }

    /// All of it: what the provider is told to keep for the platform.
    pub fn amount(self) -> i64 {
        self.commission + self.tax
    }

    /// How much of the fee has gone back once `refunded` of a payment of `paid` has: in proportion, rounded half-up on the
    /// running total, so that any row of refunds that sums to the payment gives back all of the fee.
    pub fn back(self, refunded: i64, paid: i64, currency: Currency) -> Result<i64, SplitError> {
        if !(0..=paid).contains(&refunded) || paid <= 0 {
            return Err(SplitError::RefundedTooMuch);
        }
        Ok(Money::new(self.amount(), currency).ratio(refunded, paid)?.amount)
    }

    /// The parts of `whole`, money of the payment, of which the platform has what lies between `before` and `after` of its
    /// fee. The VAT of a part of the fee is in proportion, rounded half-up on the running total; the rest is commission.
    pub fn parts(self, whole: i64, (before, after): (i64, i64), currency: Currency) -> Result<Parts, SplitError> {
        let (tax_before, tax_after) = (self.tax_of(before, currency)?, self.tax_of(after, currency)?);
        let tax = tax_after - tax_before;
        Ok(Parts { whole, company: whole - (after - before), commission: after - before - tax, tax })
    }

    fn tax_of(self, fee: i64, currency: Currency) -> Result<i64, SplitError> {
        if !(0..=self.amount()).contains(&fee) {
            return Err(SplitError::RefundedTooMuch);
        }
        if fee == 0 {
            return Ok(0);
        }
        Ok(Money::new(self.tax, currency).ratio(fee, self.amount())?.amount)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Rates;

    const EUR: Currency = Currency::EUR;

    fn fee() -> ApplicationFee {
        let rates = Rates { commission: "10".parse().unwrap(), vat: "19".parse().unwrap() };
        ApplicationFee::of(Split::new(Money::new(10_710, EUR), 9_000, 10_710, rates).unwrap()).unwrap()
    }

    #[test]
    fn worked_examples() {
        let fee = fee();
        assert_eq!((fee.commission(), fee.tax(), fee.amount()), (900, 171, 1_071));
        assert_eq!(fee.back(3_570, 10_710, EUR).unwrap(), 357);
        let third = Parts { whole: 3_570, company: 3_213, commission: 300, tax: 57 };
        assert_eq!(fee.parts(3_570, (0, 357), EUR).unwrap(), third);
        let nothing = ApplicationFee::restore(0, 0).unwrap();
        assert_eq!(nothing.back(500, 500, EUR).unwrap(), 0);
        assert_eq!(nothing.parts(500, (0, 0), EUR).unwrap(), Parts::whole(500));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert!(ApplicationFee::restore(-1, 0).is_err() && ApplicationFee::restore(i64::MAX, 1).is_err());
        for (refunded, paid) in [(-1, 10), (11, 10), (0, 0)] {
            assert!(fee().back(refunded, paid, EUR).is_err(), "{refunded} {paid}");
        }
        assert!(fee().parts(10, (0, 1_072), EUR).is_err());
    }

    proptest! {
        #[test]
        fn any_row_of_refunds_gives_back_all_of_the_fee(
            paid in 1..10_000_000_i64, commission in 0..1_000_000_i64, tax in 0..200_000_i64,
            cuts in prop::collection::vec(any::<u32>(), 0..8),
        ) {
            let fee = ApplicationFee::restore(commission, tax).unwrap();
            let mut totals: Vec<i64> = cuts.into_iter().map(|cut| i64::from(cut) % (paid + 1)).collect();
            totals.extend([0, paid]);
            totals.sort_unstable();
            let (mut commission_back, mut tax_back) = (0, 0);
            for pair in totals.windows(2) {
                let span = (fee.back(pair[0], paid, EUR).unwrap(), fee.back(pair[1], paid, EUR).unwrap());
                let parts = fee.parts(pair[1] - pair[0], span, EUR).unwrap();
                prop_assert_eq!(parts.company + parts.commission + parts.tax, parts.whole);
                commission_back += parts.commission;
                tax_back += parts.tax;
            }
            prop_assert_eq!((commission_back, tax_back), (commission, tax));
        }
    }
}
