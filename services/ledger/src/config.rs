//! Settings of the ledger.

use anyhow::Context as _;
use commission::Rate;
use service_kit::Source;

/// What the ledger is told.
pub struct LedgerConfig {
    /// `commission_percent`: what the platform keeps of the net part of a payment whose events do not say; 10 unless given.
    pub commission: Rate,
}

impl LedgerConfig {
    pub fn load(source: &Source) -> anyhow::Result<Self> {
        let setting: Option<String> = source.get("commission_percent")?;
        Ok(Self { commission: commission::rate(setting.as_deref()).context("ROOMTONE_COMMISSION_PERCENT")? })
    }
}
