//! The platform's commission, as it is configured.

use kernel::Percent;
use rust_decimal::Decimal;

/// Where nothing is configured.
const USUAL: &str = "10";

/// Commission and the VAT on it must leave something of every payment to the company.
const HIGHEST: i64 = 50;

/// `ROOMTONE_COMMISSION_PERCENT` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a percentage from 0 to {HIGHEST}")]
pub struct RateError(String);

/// The commission from its setting, a plain decimal number of percent; 10 unless given, 50 at most.
pub fn rate(setting: Option<&str>) -> Result<Percent, RateError> {
    let text = setting.unwrap_or(USUAL);
    let percent: Option<Percent> = text.parse().ok();
    let acceptable = percent.filter(|percent| percent.value() <= Decimal::from(HIGHEST));
    acceptable.ok_or_else(|| RateError(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commission_is_ten_percent_unless_given_and_never_eats_the_share() {
        for (setting, expected) in [(None, "10"), (Some("12.5"), "12.5"), (Some("0"), "0"), (Some("50"), "50")] {
            assert_eq!(rate(setting).unwrap().to_string(), expected);
        }
        for bad in ["-1", "51", "ten", ""] {
            assert_eq!(rate(Some(bad)), Err(RateError(bad.to_owned())));
        }
    }
}
