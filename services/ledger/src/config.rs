//! Settings of the ledger.

use anyhow::{Context as _, ensure};
use kernel::Percent;
use rust_decimal::Decimal;
use service_kit::Source;

/// Commission and the VAT on it must leave something of every payment to the company.
const HIGHEST_COMMISSION: i64 = 50;

/// What the ledger is told.
pub struct LedgerConfig {
    /// `commission_percent`: what the platform keeps of the net part of a payment; 10 unless given.
    pub commission: Percent,
}

impl LedgerConfig {
    pub fn load(source: &Source) -> anyhow::Result<Self> {
        let text = source.get_or("commission_percent", "10".to_owned())?;
        let commission: Percent = text.parse().context("ROOMTONE_COMMISSION_PERCENT")?;
        let acceptable = commission.value() <= Decimal::from(HIGHEST_COMMISSION);
        ensure!(acceptable, "ROOMTONE_COMMISSION_PERCENT is {HIGHEST_COMMISSION} at most");
        Ok(Self { commission })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commission(pairs: &[(&str, &str)]) -> anyhow::Result<String> {
        let source = Source::from_pairs(pairs.iter().copied())?;
        Ok(LedgerConfig::load(&source)?.commission.to_string())
    }

    #[test]
    fn the_commission_is_ten_percent_unless_given_and_never_eats_the_share() {
        assert_eq!(commission(&[]).unwrap(), "10");
        assert_eq!(commission(&[("commission_percent", "12.5")]).unwrap(), "12.5");
        assert_eq!(commission(&[("commission_percent", "0")]).unwrap(), "0");
        for bad in ["-1", "51", "ten"] {
            assert!(commission(&[("commission_percent", bad)]).is_err(), "{bad}");
        }
    }
}
