//! The rate of the platform's commission: what it may be, and how it is configured.

use kernel::Percent;
use rust_decimal::{Decimal, prelude::ToPrimitive};

/// Where nothing is configured.
const USUAL: &str = "10";

/// Commission and the VAT on it must leave something of every payment to the company.
const HIGHEST: i64 = 50;

/// A percentage has four decimals at most.
const PPM_PER_PERCENT: i64 = 10_000;

/// Not a rate, wherever it comes from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a percentage from 0 to {HIGHEST}")]
pub struct RateError(String);

/// What the platform keeps of the net part of a payment: 0 to 50 %. Stored and told as a whole number of parts per million,
/// which every percentage is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate(Percent);

impl Rate {
    pub fn new(percent: Percent) -> Result<Self, RateError> {
        if percent.value() > Decimal::from(HIGHEST) {
            return Err(RateError(percent.to_string()));
        }
        // `5` and `5.0000` are shown alike.
        Percent::new(percent.value().normalize()).map(Self).map_err(|_| RateError(percent.to_string()))
    }

    /// 50,000 is 5 %.
    pub fn from_ppm(ppm: i64) -> Result<Self, RateError> {
        let refused = || RateError(format!("{ppm} ppm"));
        // Checked first: a decimal of so many digits may not be one.
        if !(0..=HIGHEST * PPM_PER_PERCENT).contains(&ppm) {
            return Err(refused());
        }
        Percent::new(Decimal::new(ppm, 4)).map_err(|_| refused()).and_then(Self::new)
    }

    pub fn ppm(self) -> i32 {
        // A whole number below a million.
        (self.0.value() * Decimal::from(PPM_PER_PERCENT)).to_i32().unwrap_or_default()
    }

    pub fn percent(self) -> Percent {
        self.0
    }
}

/// The rate from its setting `ROOMTONE_COMMISSION_PERCENT`, a plain decimal number of percent; 10 unless given.
pub fn rate(setting: Option<&str>) -> Result<Rate, RateError> {
    let text = setting.unwrap_or(USUAL);
    let percent: Option<Percent> = text.parse().ok();
    percent.and_then(|percent| Rate::new(percent).ok()).ok_or_else(|| RateError(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_commission_is_ten_percent_unless_given_and_never_eats_the_share() {
        for (setting, expected) in [(None, "10"), (Some("12.5"), "12.5"), (Some("0"), "0"), (Some("50.00"), "50")] {
            assert_eq!(rate(setting).unwrap().percent().to_string(), expected);
        }
        for bad in ["-1", "51", "50.0001", "ten", ""] {
            assert_eq!(rate(Some(bad)), Err(RateError(bad.to_owned())));
        }
    }

    #[test]
    fn parts_per_million_are_bounded_too() {
        assert_eq!(rate(Some("12.5")).unwrap().ppm(), 125_000);
        for bad in [-1, 500_001, 1_000_000, i64::MAX, i64::MIN] {
            assert!(Rate::from_ppm(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_rate_is_a_whole_number_of_parts_per_million(ppm in 0..=500_000_i64) {
            let rate = Rate::from_ppm(ppm).unwrap();
            prop_assert_eq!(i64::from(rate.ppm()), ppm);
            let read = rate.percent().to_string();
            prop_assert_eq!(super::rate(Some(&read)).unwrap(), rate);
        }
    }
}
