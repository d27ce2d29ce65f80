//! Choosing a provider, and finding the one that counts.

use ::store::Conn;
use jiff::Timestamp;
use kernel::CompanyId;
use providers::{ProviderName, Providers};
use service_kit::CompanyManager;

use super::store;
use crate::App;

/// Sets a company's provider; `None` is the platform's default again.
pub async fn choose_provider(
    app: &App,
    manager: &CompanyManager,
    provider: Option<ProviderName>,
    now: Timestamp,
) -> Result<(), ::store::Error> {
    let (company_id, by) = (manager.company_id(), manager.caller().user_id());
    app.db
        .transaction(async |conn| match provider {
            Some(provider) => store::save_provider(conn, company_id, provider, by, now).await,
            None => store::clear_provider(conn, company_id).await,
        })
        .await
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
    let chosen = store::find_provider(conn, company_id).await?.filter(|name| providers.get(*name).is_some());
    Ok(chosen.or_else(|| providers.default_provider()))
}
