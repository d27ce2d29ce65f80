//! PayPal's decimal texts as minor units of ISO 4217, in which the sandbox counts.

use kernel::Currency;
use serde::Deserialize;
use serde_json::{Value, json};

use super::PaypalError;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AmountParams {
    currency_code: String,
    value: String,
    #[serde(rename = "breakdown")]
    _breakdown: Option<Value>,
}

/// Two currencies have decimals in ISO 4217 and none at PayPal.
fn decimals(currency: Currency) -> usize {
    match currency.code() {
        "HUF" | "TWD" => 0,
        _ => usize::from(currency.exponent()),
    }
}

impl AmountParams {
    /// Of the older APIs, which call the currency otherwise.
    pub fn of(currency: String, value: String) -> Self {
        Self { currency_code: currency, value, _breakdown: None }
    }

    /// The amount and the lower-case currency.
    pub fn checked(&self) -> Result<(i64, String), PaypalError> {
        let currency: Currency =
            self.currency_code.parse().map_err(|_| PaypalError::unprocessable("CURRENCY_NOT_SUPPORTED"))?;
        let (whole, fraction) = self.value.split_once('.').unwrap_or((&self.value, ""));
        if fraction.len() > decimals(currency) {
            return Err(PaypalError::unprocessable("DECIMAL_PRECISION"));
        }
        let exponent = usize::from(currency.exponent());
        let digits = format!("{whole}{fraction:0<exponent$}");
        let amount = digits.parse::<i64>().ok().filter(|amount| *amount > 0 && !digits.starts_with(['+', '-']));
        let amount = amount.ok_or_else(|| PaypalError::unprocessable("CANNOT_BE_ZERO_OR_NEGATIVE"))?;
        Ok((amount, currency.code().to_lowercase()))
    }
}

/// Below zero for money that goes.
pub fn money(amount: i64, currency: &str) -> Value {
    let code = currency.to_uppercase();
    let Ok(currency) = code.parse::<Currency>() else { return Value::Null };
    let dropped = 10_u64.pow(u32::from(currency.exponent()) - u32::try_from(decimals(currency)).unwrap_or_default());
    let (units, places) = (amount.unsigned_abs() / dropped, decimals(currency));
    let one = 10_u64.pow(u32::try_from(places).unwrap_or_default());
    let value = if places == 0 { units.to_string() } else { format!("{}.{:0places$}", units / one, units % one) };
    let sign = if amount < 0 { "-" } else { "" };
    json!({"currency_code": code, "value": format!("{sign}{value}")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_written() {
        for (amount, currency, value) in
            [(9000, "eur", "90.00"), (7, "usd", "0.07"), (500, "jpy", "500"), (900, "huf", "9")]
        {
            let shown = money(amount, currency);
            assert_eq!(shown["value"], value);
            let read: AmountParams = serde_json::from_value(shown).unwrap();
            assert_eq!(read.checked().unwrap(), (amount, currency.to_owned()));
        }
        for (code, value) in [("EUR", "1.005"), ("HUF", "1.5"), ("EUR", "0"), ("EUR", "-1"), ("EUR", ""), ("XXX", "1")]
        {
            let wrong = AmountParams { currency_code: code.into(), value: value.into(), _breakdown: None };
            assert!(wrong.checked().is_err(), "{code} {value}");
        }
    }
}
