//! Why a company cannot have its payments as it wishes.

use problem::Problem;
use providers::ProviderName;

#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("payments at {0} do not settle with companies")]
    SettlementNotOffered(ProviderName),
    #[error("the company's account at {0} cannot take charges")]
    AccountNotReady(ProviderName),
    #[error("payments are switched off")]
    PaymentsOff,
    #[error("{0}")]
    Store(#[from] store::Error),
}

impl From<SettingsError> for Problem {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::SettlementNotOffered(name) => Self::conflict(
                "company_settlement_not_offered",
                format!("Payments at {name} cannot settle with the company itself."),
            ),
            SettingsError::AccountNotReady(name) => Self::conflict(
                "company_account_not_ready",
                format!("The company's account at {name} cannot take charges (yet). Complete it first."),
            ),
            SettingsError::PaymentsOff => {
                Self::conflict("payments_not_enabled", "Payments are not enabled on this platform.")
            }
            SettingsError::Store(error) => error.into(),
        }
    }
}
