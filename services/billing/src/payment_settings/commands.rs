//! Choosing how customers pay, and finding the provider that counts.

use ::store::Conn;
use jiff::Timestamp;
use kernel::CompanyId;
use providers::{ProviderName, Providers};
use service_kit::CompanyManager;

use super::{
    SettingsError,
    settle::charging_account,
    store::{self, Settings},
};
use crate::{App, payments::Settlement, payout_accounts};

/// What a company wants from now on.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// `None` is the platform's default again.
    pub provider: Option<ProviderName>,
    /// `None` leaves it as it was.
    pub settlement: Option<Settlement>,
}

/// Sets a company's choice. Payments settle with the company only where its account at the provider that its customers then pay
/// can take charges.
pub async fn choose(app: &App, manager: &CompanyManager, choice: Choice, now: Timestamp) -> Result<(), SettingsError> {
    let (company_id, by) = (manager.company_id(), manager.caller().user_id());
    app.db
        .transaction(async |conn| {
            if choice.settlement == Some(Settlement::Company) {
                let provider = choice.provider.or_else(|| app.providers().default_provider());
                require_account_in_tx(conn, company_id, provider).await?;
            }
            let before = store::find_settings(conn, company_id).await?;
            let settlement = choice.settlement.unwrap_or(before.settlement);
            let chosen = Settings { provider: choice.provider, settlement };
            store::save_settings(conn, company_id, chosen, by, now).await?;
            // The provider has to hear of it: see there.
            payout_accounts::store::check_soon(conn, company_id, now).await?;
            Ok::<_, SettingsError>(())
        })
        .await?;
    app.jobs.notify();
    Ok(())
}

async fn require_account_in_tx(
    conn: &mut Conn,
    company_id: CompanyId,
    provider: Option<ProviderName>,
) -> Result<(), SettingsError> {
    let provider = provider.ok_or(SettingsError::PaymentsOff)?;
    if provider == ProviderName::Paypal {
        return Err(SettingsError::SettlementNotOffered(provider));
    }
    let account = charging_account(conn, company_id, provider, None).await?;
    account.map(|_| ()).ok_or(SettingsError::AccountNotReady(provider))
}

/// The provider of a new session: what the customer asked for, else the company's choice, else the platform's default.
/// A choice that the platform has switched off since counts no more.
pub async fn choose_provider_in_tx(
    conn: &mut Conn,
    providers: &Providers,
    asked: Option<ProviderName>,
    company_id: CompanyId,
) -> Result<Option<ProviderName>, ::store::Error> {
    if asked.is_some() {
        return Ok(asked);
    }
    let chosen = store::find_settings(conn, company_id).await?.provider.filter(|name| providers.get(*name).is_some());
    Ok(chosen.or_else(|| providers.default_provider()))
}
