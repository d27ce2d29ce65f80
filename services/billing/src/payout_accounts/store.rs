//! The table `payout_accounts`.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{CompanyId, Currency, UserId};
use serde_json::Value;
use store::{Conn, Error};

use super::PayoutAccount;
use crate::{schema::payout_accounts as accounts, stored, worklist::Worklist};

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

/// Has an account that is there looked at by the next sweep.
pub async fn check_soon(conn: &mut Conn, company_id: CompanyId, now: Timestamp) -> Result<(), Error> {
    let made = accounts::table.find(company_id).filter(accounts::provider_account_id.is_not_null());
    let afresh = (accounts::check_retry_at.eq(None::<jiff_diesel::Timestamp>), accounts::check_retries.eq(0));
    diesel::update(made).set((accounts::check_at.eq(now.to_diesel()), afresh)).execute(conn).await?;
    Ok(())
}

/// Accounts that the provider is to be asked about.
pub const CHECKS: Worklist<CompanyId> = Worklist {
    table: "payout_accounts",
    id: "company_id",
    open: "check_at IS NOT NULL",
    due: "check_at <= $1",
    order: "check_at",
    planned: Some("check_at"),
    prefix: "check_",
    typed: CompanyId::from_uuid,
};
