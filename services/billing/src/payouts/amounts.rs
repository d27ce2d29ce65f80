//! How much is paid out; pure.

use kernel::{Currency, Money};

/// Less than a whole unit of the currency is not worth the way.
pub fn least(currency: Currency) -> Money {
    Money::new(10_i64.saturating_pow(u32::from(currency.exponent())), currency)
}

/// Why a wish cannot be fulfilled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the company's account takes {0}")]
    OtherCurrency(Currency),
    #[error("less than {0} is not paid out")]
    BelowMinimum(Money),
    #[error("only {0} can be paid out")]
    Insufficient(Money),
}

/// What to pay out: everything that is payable where no amount is named.
pub fn amount_to_pay(wish: Option<Money>, payable: Money) -> Result<Money, Refusal> {
    let amount = wish.unwrap_or(payable);
    if amount.currency != payable.currency {
        return Err(Refusal::OtherCurrency(payable.currency));
    }
    let least = least(payable.currency);
    if wish.is_some_and(|wish| wish.amount < least.amount) {
        return Err(Refusal::BelowMinimum(least));
    }
    if amount.amount > payable.amount || !payable.is_positive() {
        return Err(Refusal::Insufficient(Money::new(payable.amount.max(0), payable.currency)));
    }
    if amount.amount < least.amount { Err(Refusal::BelowMinimum(least)) } else { Ok(amount) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn euros(amount: i64) -> Money {
        Money::new(amount, Currency::EUR)
    }

    #[test]
    fn what_can_be_asked_for() {
        let payable = euros(10_000);
        for (wish, payable, expected) in [
            (Some(euros(100)), payable, Ok(euros(100))),
            (None, payable, Ok(payable)),
            (Some(euros(10_001)), payable, Err(Refusal::Insufficient(payable))),
            (Some(euros(99)), payable, Err(Refusal::BelowMinimum(euros(100)))),
            (Some(euros(-5)), payable, Err(Refusal::BelowMinimum(euros(100)))),
            (None, euros(99), Err(Refusal::BelowMinimum(euros(100)))),
            (None, euros(0), Err(Refusal::Insufficient(euros(0)))),
            (None, euros(-20), Err(Refusal::Insufficient(euros(0)))),
            (Some(Money::new(100, "USD".parse().unwrap())), payable, Err(Refusal::OtherCurrency(Currency::EUR))),
        ] {
            assert_eq!(amount_to_pay(wish, payable), expected, "{wish:?} of {payable}");
        }
        assert_eq!(least("JPY".parse().unwrap()).amount, 1);
    }
}
