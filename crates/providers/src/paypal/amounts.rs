//! PayPal's amounts: decimal texts, and only of the currencies it takes
//! (<https://developer.paypal.com/api/rest/reference/currency-codes/>).

use kernel::{Currency, Money};

use super::objects::MoneyObject;
use crate::{Failure, ProviderError};

const TAKEN: [&str; 24] = [
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY", "MXN", "MYR", "NOK",
    "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD",
];

pub fn takes(currency: Currency) -> bool {
    TAKEN.contains(&currency.code())
}

/// Decimals that PayPal wants: those of ISO 4217, but for two currencies that have none there.
fn decimals(currency: Currency) -> u16 {
    match currency.code() {
        "HUF" | "TWD" => 0,
        _ => currency.exponent(),
    }
}

/// How many of our minor units PayPal's smallest unit is.
fn step(currency: Currency) -> i64 {
    10_i64.pow(u32::from(currency.exponent().saturating_sub(decimals(currency))))
}

/// What to ask PayPal for. An amount that it cannot express is refused, never rounded.
pub fn to_paypal(money: Money) -> Result<MoneyObject, ProviderError> {
    let code = money.currency.code();
    if !takes(money.currency) {
        return Err(refused("currency_not_supported", format!("PayPal does not take {code}.")));
    }
    if money.amount < 0 || money.amount % step(money.currency) != 0 {
        return Err(refused("amount_not_expressible", format!("PayPal cannot charge exactly {money}.")));
    }
    let units = money.amount / step(money.currency);
    let places = usize::from(decimals(money.currency));
    let one = 10_i64.pow(u32::from(decimals(money.currency)));
    let value = if places == 0 { units.to_string() } else { format!("{}.{:0places$}", units / one, units % one) };
    Ok(MoneyObject { currency_code: code.to_owned(), value })
}

/// What PayPal told. `None` for a currency that is not in circulation, or an amount that is none in it.
pub fn from_paypal(object: &MoneyObject) -> Option<Money> {
    let currency: Currency = object.currency_code.parse().ok()?;
    let (whole, fraction) = object.value.split_once('.').unwrap_or((&object.value, ""));
    let exponent = usize::from(currency.exponent());
    let (kept, beyond) = fraction.split_at_checked(exponent.min(fraction.len()))?;
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(kept) || beyond.bytes().any(|byte| byte != b'0') {
        return None;
    }
    let amount: i64 = format!("{whole}{kept:0<exponent$}").parse().ok()?;
    Some(Money::new(amount, currency))
}

/// The same of money that may have gone.
pub fn signed_from_paypal(object: &MoneyObject) -> Option<Money> {
    match object.value.strip_prefix('-') {
        None => from_paypal(object),
        Some(value) => {
            let gone = MoneyObject { currency_code: object.currency_code.clone(), value: value.to_owned() };
            from_paypal(&gone).map(|money| Money::new(-money.amount, money.currency))
        }
    }
}

fn refused(code: &str, message: String) -> ProviderError {
    ProviderError::InvalidRequest(Failure { code: code.to_owned(), message })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn money(amount: i64, code: &str) -> Money {
        Money::new(amount, code.parse().unwrap())
    }

    #[test]
    fn amounts_are_written_with_the_decimals_of_their_currency() {
        for (ours, code, theirs) in [
            (9000, "EUR", "90.00"),
            (5, "EUR", "0.05"),
            (9000, "JPY", "9000"),
            (123_400, "HUF", "1234"),
            (100, "TWD", "1"),
        ] {
            let written = to_paypal(money(ours, code)).unwrap();
            assert_eq!(written.value, theirs, "{code}");
            assert_eq!(from_paypal(&written), Some(money(ours, code)), "{code}");
        }
    }

    #[test]
    fn what_paypal_cannot_express_is_refused() {
        for unwanted in [money(150, "HUF"), money(1, "TWD"), money(100, "KWD"), money(100, "ISK"), money(-1, "EUR")] {
            assert!(matches!(to_paypal(unwanted), Err(ProviderError::InvalidRequest(_))), "{unwanted}");
        }
    }

    #[test]
    fn texts_that_are_no_amounts_are_not_read() {
        let read = |value: &str, code: &str| {
            from_paypal(&MoneyObject { currency_code: code.to_owned(), value: value.to_owned() })
        };
        for bad in ["", ".5", "-1.00", "1,00", "1.005", "1e3", "٣", "99999999999999999999"] {
            assert_eq!(read(bad, "EUR"), None, "{bad}");
        }
        assert_eq!(read("1", "XXX"), None);
        assert_eq!(read("1.5", "JPY"), None);
        assert_eq!(read("1.500", "EUR"), Some(money(150, "EUR")));
        assert_eq!(read("12", "EUR"), Some(money(1200, "EUR")));
        let gone = |value: &str| MoneyObject { currency_code: "EUR".to_owned(), value: value.to_owned() };
        assert_eq!(signed_from_paypal(&gone("-0.59")), Some(money(-59, "EUR")));
        assert_eq!(signed_from_paypal(&gone("--1.00")), None);
    }

    proptest! {
        #[test]
        fn every_amount_comes_back_as_it_went(units in 0..i64::MAX / 1000, place in 0..TAKEN.len()) {
            let currency: Currency = TAKEN[place].parse().unwrap();
            let money = Money::new(units - units % step(currency), currency);
            prop_assert_eq!(from_paypal(&to_paypal(money).unwrap()), Some(money));
        }
    }
}
