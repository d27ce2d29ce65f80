//! How a payment for a booking is split between the company, the platform and the tax office; pure.

use kernel::{Currency, Money, MoneyError, Percent};

/// Why a payment cannot be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    #[error("a payment and the price it pays are greater than zero, and the net price is not above the gross one")]
    NotAPrice,
    #[error("more was refunded than was paid")]
    RefundedTooMuch,
    #[error(transparent)]
    Money(#[from] MoneyError),
}

/// What the platform takes: commission of the net part, and VAT on the commission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    pub commission: Percent,
    pub vat: Percent,
}

/// The parts of a sum of money, in its minor units; `company + commission + tax = whole`.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    pub whole: i64,
    pub company: i64,
    pub commission: i64,
    pub tax: i64,
}

impl Parts {
    /// A sum that is not split.
    pub fn whole(whole: i64) -> Self {
        Self { whole, company: whole, commission: 0, tax: 0 }
    }

    fn of_platform(whole: i64, commission: i64, tax: i64) -> Result<Self, SplitError> {
        let platform = commission.checked_add(tax).ok_or(MoneyError::Overflow)?;
        let company = whole.checked_sub(platform).ok_or(MoneyError::Overflow)?;
        Ok(Self { whole, company, commission, tax })
    }

    /// No part of two splits of one payment is out of range, so neither is a difference.
    fn less(self, other: Self) -> Self {
        Self {
            whole: self.whole - other.whole,
            company: self.company - other.company,
            commission: self.commission - other.commission,
            tax: self.tax - other.tax,
        }
    }
}

/// A payment's split, fixed when a booking takes the payment: later rates do not change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split(Parts);

impl Split {
    /// Splits `amount`, a payment towards a price of `total` gross and `subtotal` net. The net part of the payment is
    /// in the same proportion; each step is rounded half-up to a minor unit, and the company gets the rest.
    pub fn new(amount: Money, subtotal: i64, total: i64, rates: Rates) -> Result<Self, SplitError> {
        if amount.amount <= 0 || total <= 0 || !(0..=total).contains(&subtotal) {
            return Err(SplitError::NotAPrice);
        }
        let net = amount.ratio(subtotal, total)?;
        let commission = net.percent(rates.commission)?;
        let tax = commission.percent(rates.vat)?;
        Ok(Self(Parts::of_platform(amount.amount, commission.amount, tax.amount)?))
    }

    /// A split that was made before.
    pub fn restore(amount: i64, commission: i64, tax: i64) -> Result<Self, SplitError> {
        Ok(Self(Parts::of_platform(amount, commission, tax)?))
    }

    pub fn parts(self) -> Parts {
        self.0
    }

    /// What of each part has gone back once `refunded` of the payment has: in proportion, rounded half-up on the
    /// running total. So any row of refunds that sums to the payment gives back every part to the last cent.
    fn refunded(self, refunded: i64, currency: Currency) -> Result<Parts, SplitError> {
        if !(0..=self.0.whole).contains(&refunded) {
            return Err(SplitError::RefundedTooMuch);
        }
        let back = |part: i64| Ok::<_, SplitError>(Money::new(part, currency).ratio(refunded, self.0.whole)?.amount);
        Parts::of_platform(refunded, back(self.0.commission)?, back(self.0.tax)?)
    }

    /// What is left of each part once `refunded` of the payment has gone back.
    pub fn left(self, refunded: i64, currency: Currency) -> Result<Parts, SplitError> {
        Ok(self.0.less(self.refunded(refunded, currency)?))
    }

    /// What goes back of each part when the refunded total rises from `before` to `after`.
    pub fn between(self, before: i64, after: i64, currency: Currency) -> Result<Parts, SplitError> {
        Ok(self.refunded(after, currency)?.less(self.refunded(before, currency)?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rates(commission: &str, vat: &str) -> Rates {
        Rates { commission: commission.parse().unwrap(), vat: vat.parse().unwrap() }
    }

    fn split(amount: i64, subtotal: i64, total: i64, rates: Rates) -> Result<Split, SplitError> {
        Split::new(Money::new(amount, Currency::EUR), subtotal, total, rates)
    }

    #[test]
    fn worked_examples() {
        // 90.00 net at 19 %: 107.10 gross; commission 9.00, VAT on it 1.71, the company has 96.39.
        let whole = split(10_710, 9_000, 10_710, rates("10", "19")).unwrap().parts();
        assert_eq!(whole, Parts { whole: 10_710, company: 9_639, commission: 900, tax: 171 });
        // A deposit of 20.00 on the same price: 16.81 net, commission 1.68, VAT 0.32.
        let deposit = split(2_000, 9_000, 10_710, rates("10", "19")).unwrap().parts();
        assert_eq!(deposit, Parts { whole: 2_000, company: 1_800, commission: 168, tax: 32 });
        // Without VAT on the commission.
        let abroad = split(9_000, 9_000, 9_000, rates("10", "0")).unwrap().parts();
        assert_eq!(abroad, Parts { whole: 9_000, company: 8_100, commission: 900, tax: 0 });
        let cent = split(1, 9_000, 10_710, rates("10", "19")).unwrap().parts();
        assert_eq!(cent, Parts::whole(1));
    }

    #[test]
    fn what_is_no_price_is_refused() {
        for (amount, subtotal, total) in [(0, 1, 1), (-1, 1, 1), (1, 1, 0), (1, 2, 1), (1, -1, 1)] {
            let refused = split(amount, subtotal, total, rates("10", "19"));
            assert_eq!(refused.unwrap_err(), SplitError::NotAPrice, "{amount} {subtotal} {total}");
        }
        assert_eq!(
            split(i64::MAX, i64::MAX, i64::MAX, rates("10", "19")).unwrap_err(),
            SplitError::Money(MoneyError::Overflow)
        );
    }

    fn any_split() -> impl Strategy<Value = Split> {
        (1..=10_000_000_i64, 1..=10_000_000_i64, 0..=100_u8, 0..=500_000_u32, 0..=300_000_u32).prop_map(
            |(amount, total, net_percent, commission, vat)| {
                let percent = |value| Percent::new(rust_decimal::Decimal::new(i64::from(value), 4)).unwrap();
                let rates = Rates { commission: percent(commission), vat: percent(vat) };
                split(amount, total * i64::from(net_percent) / 100, total, rates).unwrap()
            },
        )
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_whole_and_none_is_negative(split in any_split()) {
            let parts = split.parts();
            prop_assert_eq!(parts.company + parts.commission + parts.tax, parts.whole);
            prop_assert!(parts.commission >= 0 && parts.tax >= 0 && parts.company >= -1);
        }

        #[test]
        fn any_row_of_refunds_gives_back_every_cent(split in any_split(), cuts in prop::collection::vec(any::<u32>(), 0..8)) {
            let whole = split.parts().whole;
            let mut totals: Vec<i64> = cuts.into_iter().map(|cut| i64::from(cut) % (whole + 1)).collect();
            totals.extend([0, whole]);
            totals.sort_unstable();
            let mut sum = Parts::default();
            for pair in totals.windows(2) {
                let back = split.between(pair[0], pair[1], Currency::EUR).unwrap();
                prop_assert_eq!(back.company + back.commission + back.tax, back.whole);
                prop_assert_eq!(back.whole, pair[1] - pair[0]);
                let left = split.left(pair[1], Currency::EUR).unwrap();
                sum = Parts {
                    whole: sum.whole + back.whole,
                    company: sum.company + back.company,
                    commission: sum.commission + back.commission,
                    tax: sum.tax + back.tax,
                };
                prop_assert_eq!(split.parts().less(sum), left);
            }
            prop_assert_eq!(sum, split.parts());
            prop_assert_eq!(split.left(whole, Currency::EUR).unwrap(), Parts::default());
        }

        #[test]
        fn more_than_was_paid_never_goes_back(split in any_split(), more in 1..1_000_i64) {
            let refused = split.between(0, split.parts().whole + more, Currency::EUR);
            prop_assert_eq!(refused.unwrap_err(), SplitError::RefundedTooMuch);
        }
    }
}
