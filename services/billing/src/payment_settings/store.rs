//! The table `company_payment_settings`.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{CompanyId, UserId};
use providers::ProviderName;
use store::{Conn, Error};

use crate::{schema::company_payment_settings as settings, stored};

/// The provider that a company has chosen.
pub async fn find_provider(conn: &mut Conn, company_id: CompanyId) -> Result<Option<ProviderName>, Error> {
    let name: Option<String> =
        settings::table.find(company_id).select(settings::provider).first(conn).await.optional()?;
    name.map(|name| stored::parse("company_payment_settings.provider", &name)).transpose()
}

pub async fn save_provider(
    conn: &mut Conn,
    company_id: CompanyId,
    provider: ProviderName,
    by: UserId,
    now: Timestamp,
) -> Result<(), Error> {
    let values = (
        settings::provider.eq(provider.as_str()),
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

/// Back to the platform's default.
pub async fn clear_provider(conn: &mut Conn, company_id: CompanyId) -> Result<(), Error> {
    diesel::delete(settings::table.find(company_id)).execute(conn).await?;
    Ok(())
}
