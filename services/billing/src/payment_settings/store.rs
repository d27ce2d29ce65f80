//! The table `company_payment_settings`.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{CompanyId, UserId};
use providers::ProviderName;
use store::{Conn, Error};

use crate::{payments::Settlement, schema::company_payment_settings as settings, stored};

/// What a company has chosen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Settings {
    /// `None` is the platform's default.
    pub provider: Option<ProviderName>,
    pub settlement: Settlement,
}

/// What it has chosen, or what holds for a company that never chose.
pub async fn find_settings(conn: &mut Conn, company_id: CompanyId) -> Result<Settings, Error> {
    let row: Option<(Option<String>, String)> = settings::table
        .find(company_id)
        .select((settings::provider, settings::settlement))
        .first(conn)
        .await
        .optional()?;
    let Some((provider, settlement)) = row else { return Ok(Settings::default()) };
    let provider = provider.map(|name| stored::parse("company_payment_settings.provider", &name)).transpose()?;
    Ok(Settings { provider, settlement: Settlement::by_name(&settlement) })
}

/// With whom payments settle, where the company has chosen anything.
pub async fn find_settlement(conn: &mut Conn, company_id: CompanyId) -> Result<Option<Settlement>, Error> {
    let chosen = settings::table.find(company_id).select(settings::settlement);
    let name: Option<String> = chosen.first(conn).await.optional()?;
    Ok(name.map(|name| Settlement::by_name(&name)))
}

pub async fn save_settings(
    conn: &mut Conn,
    company_id: CompanyId,
    chosen: Settings,
    by: UserId,
    now: Timestamp,
) -> Result<(), Error> {
    let values = (
        settings::provider.eq(chosen.provider.map(ProviderName::as_str)),
        settings::settlement.eq(chosen.settlement.as_str()),
        settings::updated_by.eq(by),
        settings::updated_at.eq(now.to_diesel()),
    );
    diesel::insert_into(settings::table)
        .values((settings::company_id.eq(company_id), values))
        .on_conflict(settings::company_id)
        .do_update()
        .set(values)
        .execute(conn)
        .await?;
    Ok(())
}
