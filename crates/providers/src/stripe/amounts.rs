//! Our minor units and Stripe's. They agree for most currencies; the exceptions are listed at
//! <https://docs.stripe.com/currencies#special-cases>.

use std::str::FromStr;

use kernel::{Currency, Money};

use crate::{Failure, ProviderError};

/// How many of Stripe's units one of our units is, as a fraction.
struct Scale {
    times: i64,
    by: i64,
}

fn scale(currency: Currency) -> Scale {
    match currency.code() {
        // No decimals in ISO 4217, two at Stripe for compatibility with older integrations.
        "ISK" | "UGX" => Scale { times: 100, by: 1 },
        // Two decimals in ISO 4217, none at Stripe.
        "MGA" => Scale { times: 1, by: 100 },
        _ => Scale { times: 1, by: 1 },
    }
}

/// What to ask Stripe for. An amount that Stripe cannot express is refused, never rounded.
pub fn to_stripe(money: Money) -> Result<i64, ProviderError> {
    let Scale { times, by } = scale(money.currency);
    let scaled = money.amount.checked_mul(times).ok_or_else(|| inexpressible(money))?;
    // Three-decimal currencies must end in a zero.
    let coarse = if money.currency.exponent() == 3 { 10 } else { 1 };
    if scaled % by != 0 || scaled % coarse != 0 {
        return Err(inexpressible(money));
    }
    Ok(scaled / by)
}

/// What Stripe told. `None` for a currency that is not in circulation, or an amount beyond all measure.
pub fn from_stripe(amount: i64, currency: &str) -> Option<Money> {
    let currency = Currency::from_str(&currency.to_ascii_uppercase()).ok()?;
    let Scale { times, by } = scale(currency);
    let scaled = amount.checked_mul(by)?;
    (scaled % times == 0).then(|| Money::new(scaled / times, currency))
}

/// The currency as the client's own type.
pub fn stripe_currency(currency: Currency) -> Result<stripe_types::Currency, ProviderError> {
    let code = currency.code();
    let unreadable = |_| ProviderError::Unavailable(format!("a currency that Stripe's client does not know: {code}"));
    code.to_ascii_lowercase().parse().map_err(unreadable)
}

fn inexpressible(money: Money) -> ProviderError {
    ProviderError::InvalidRequest(Failure {
        code: "amount_not_expressible".to_owned(),
        message: format!("Stripe cannot charge exactly {money}."),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(amount: i64, code: &str) -> Money {
        Money::new(amount, code.parse().unwrap())
    }

    #[test]
    fn special_currencies_are_scaled_both_ways() {
        for (ours, code, stripes) in [
            (9000, "EUR", 9000),
            (9000, "JPY", 9000),
            (500, "ISK", 50_000),
            (500, "UGX", 50_000),
            (50_000, "MGA", 500),
            (9_990, "KWD", 9_990),
        ] {
            assert_eq!(to_stripe(money(ours, code)), Ok(stripes), "{code}");
            assert_eq!(from_stripe(stripes, &code.to_lowercase()), Some(money(ours, code)), "{code}");
        }
    }

    #[test]
    fn what_stripe_cannot_express_is_refused() {
        for unwanted in [money(9_999, "KWD"), money(150, "MGA"), money(i64::MAX, "ISK")] {
            assert!(matches!(to_stripe(unwanted), Err(ProviderError::InvalidRequest(_))), "{unwanted}");
        }
        assert_eq!(from_stripe(150, "isk"), None);
        assert_eq!(from_stripe(150, "xxx"), None);
    }
}
