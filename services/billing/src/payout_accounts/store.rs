//! The table `payout_accounts`.

use diesel::{BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{CompanyId, Currency, UserId};
use serde_json::Value;
use store::{Conn, Error};

use super::PayoutAccount;
use crate::{schema::payout_accounts as accounts, stored};

#[derive(diesel::Queryable, diesel::Selectable, diesel::Insertable, diesel::AsChangeset)]
#[diesel(table_name = accounts, primary_key(company_id), treat_none_as_null = true)]
struct AccountRow {
    company_id: CompanyId,
    provider: String,
    country: String,
    company_name: String,
    email: Option<String>,
    refusals: i32,
    provider_account_id: Option<String>,
    details_submitted: bool,
    charges_enabled: bool,
    transfers_enabled: bool,
    payouts_enabled: bool,
    currency: Option<Currency>,
    requirements_due: Value,
    requirements_due_by: NullableTimestamp,
    disabled_reason: Option<String>,
    told_at: NullableTimestamp,
    check_at: NullableTimestamp,
    created_by: UserId,
    created_at: jiff_diesel::Timestamp,
    updated_at: jiff_diesel::Timestamp,
}

impl From<&PayoutAccount> for AccountRow {
    fn from(account: &PayoutAccount) -> Self {
        Self {
            company_id: account.company_id,
            provider: account.provider.as_str().to_owned(),
            country: account.country.clone(),
            company_name: account.company_name.clone(),
            email: account.email.clone(),
            refusals: i32::try_from(account.refusals).unwrap_or(i32::MAX),
            provider_account_id: account.provider_account_id.clone(),
            details_submitted: account.details_submitted,
            charges_enabled: account.charges_enabled,
            transfers_enabled: account.transfers_enabled,
            payouts_enabled: account.payouts_enabled,
            currency: account.currency,
            requirements_due: account.requirements_due.iter().map(String::as_str).collect(),
            requirements_due_by: account.requirements_due_by.to_diesel(),
            disabled_reason: account.disabled_reason.clone(),
            told_at: account.told_at.to_diesel(),
            check_at: account.check_at.to_diesel(),
            created_by: account.created_by,
            created_at: account.created_at.to_diesel(),
            updated_at: account.updated_at.to_diesel(),
        }
    }
}

impl TryFrom<AccountRow> for PayoutAccount {
    type Error = Error;

    fn try_from(row: AccountRow) -> Result<Self, Error> {
        let due = serde_json::from_value(row.requirements_due);
        Ok(Self {
            company_id: row.company_id,
            provider: stored::parse("payout_accounts.provider", &row.provider)?,
            country: row.country,
            company_name: row.company_name,
            email: row.email,
            refusals: u32::try_from(row.refusals).unwrap_or(0),
            provider_account_id: row.provider_account_id,
            details_submitted: row.details_submitted,
            charges_enabled: row.charges_enabled,
            transfers_enabled: row.transfers_enabled,
            payouts_enabled: row.payouts_enabled,
            currency: row.currency,
            requirements_due: due.map_err(|error| stored::unreadable("payout_accounts.requirements_due", &error))?,
            requirements_due_by: row.requirements_due_by.to_jiff(),
            disabled_reason: row.disabled_reason,
            told_at: row.told_at.to_jiff(),
            check_at: row.check_at.to_jiff(),
            created_by: row.created_by,
            created_at: row.created_at.to_jiff(),
            updated_at: row.updated_at.to_jiff(),
        })
    }
}

/// Keeps the first intent; a company has one account.
pub async fn insert_account(conn: &mut Conn, account: &PayoutAccount) -> Result<(), Error> {
    let insert = diesel::insert_into(accounts::table).values(AccountRow::from(account));
    insert.on_conflict(accounts::company_id).do_nothing().execute(conn).await?;
    Ok(())
}

pub async fn find_account(conn: &mut Conn, company_id: CompanyId) -> Result<Option<PayoutAccount>, Error> {
    let row = accounts::table.find(company_id).select(AccountRow::as_select()).first(conn).await.optional()?;
    row.map(PayoutAccount::try_from).transpose()
}

pub async fn lock_account(conn: &mut Conn, company_id: CompanyId) -> Result<Option<PayoutAccount>, Error> {
    let found = accounts::table.find(company_id).select(AccountRow::as_select()).for_no_key_update();
    found.first(conn).await.optional()?.map(PayoutAccount::try_from).transpose()
}

/// Saves an account that this transaction has locked.
pub async fn update_account(conn: &mut Conn, account: &PayoutAccount) -> Result<(), Error> {
    let update = diesel::update(accounts::table.find(account.company_id)).set(AccountRow::from(account));
    stored::exactly_one(update.execute(conn).await?)
}

/// Takes up to `limit` accounts that the provider is to be asked about, for this process alone until `lease_until`. `now`
/// is the Clock's, the other instants are real time.
pub async fn claim_checks(
    conn: &mut Conn,
    now: Timestamp,
    real_now: Timestamp,
    lease_until: Timestamp,
    limit: i64,
) -> Result<Vec<(CompanyId, i32)>, Error> {
    let retry_at = accounts::check_retry_at;
    let ids: Vec<CompanyId> = accounts::table
        .filter(accounts::check_at.le(now.to_diesel()))
        .filter(retry_at.is_null().or(retry_at.le(real_now.to_diesel())))
        .order(accounts::check_at)
        .limit(limit)
        .select(accounts::company_id)
        .for_no_key_update()
        .skip_locked()
        .load(conn)
        .await?;
    let claimed = diesel::update(accounts::table.filter(accounts::company_id.eq_any(ids)))
        .set((retry_at.eq(lease_until.to_diesel()), accounts::check_retries.eq(accounts::check_retries + 1)))
        .returning((accounts::company_id, accounts::check_retries))
        .get_results(conn)
        .await?;
    Ok(claimed)
}

/// The provider has answered.
pub async fn finish_check(conn: &mut Conn, company_id: CompanyId) -> Result<(), Error> {
    let finished = (accounts::check_retry_at.eq(None::<jiff_diesel::Timestamp>), accounts::check_retries.eq(0));
    diesel::update(accounts::table.find(company_id)).set(finished).execute(conn).await?;
    Ok(())
}

/// The provider has not answered: it is asked again at `retry_at`, by real time.
pub async fn postpone_check(conn: &mut Conn, company_id: CompanyId, retry_at: Timestamp) -> Result<(), Error> {
    let postponed = accounts::check_retry_at.eq(retry_at.to_diesel());
    diesel::update(accounts::table.find(company_id)).set(postponed).execute(conn).await?;
    Ok(())
}

/// The earliest planned question; those being repeated are not planned.
pub async fn next_check_due(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    let earliest: NullableTimestamp = accounts::table
        .filter(accounts::check_retry_at.is_null())
        .select(diesel::dsl::min(accounts::check_at))
        .first(conn)
        .await?;
    Ok(earliest.to_jiff())
}
