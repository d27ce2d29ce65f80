//! Accounts as rows.

use diesel::{ExpressionMethods, OptionalExtension, QueryDsl, Queryable, Selectable, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{AccountId, Currency};
use store::{Conn, Error};
use uuid::Uuid;

use super::{AccountKey, Owner, Side};
use crate::{schema::accounts, transfers::desk::AccountState};

#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = accounts, check_for_backend(diesel::pg::Pg))]
pub struct AccountRow {
    pub id: AccountId,
    pub code: String,
    pub currency: Currency,
    pub normal_side: String,
    pub owner_type: Option<String>,
    pub owner_id: Option<Uuid>,
    pub floor: Option<i64>,
    pub posted: i64,
    pub pending_debits: i64,
    pub pending_credits: i64,
    pub entry_count: i64,
    pub last_recorded_at: NullableTimestamp,
}

impl AccountRow {
    pub fn owner(&self) -> Option<Owner> {
        Some(Owner::parse(self.owner_type.as_deref()?, self.owner_id?))
    }

    /// What holds keep of it: what is pending against its normal side.
    pub fn held(&self) -> i64 {
        match Side::parse(&self.normal_side) {
            Side::Debit => self.pending_credits,
            Side::Credit => self.pending_debits,
        }
    }
}

/// Opens the accounts that do not exist yet and answers their ids. Rows are inserted in the order of their ids, as
/// everywhere, so that two transactions that open the same accounts wait for each other without a deadlock.
pub async fn open_accounts(conn: &mut Conn, keys: &[&AccountKey], now: Timestamp) -> Result<Vec<AccountId>, Error> {
    let mut keys = keys.to_vec();
    keys.sort_by_key(|key| key.id());
    keys.dedup_by_key(|key| key.id());
    let rows: Vec<_> = keys
        .into_iter()
        .map(|key| {
            let (kind, owner) = (key.code().kind(), key.code().owner());
            (
                accounts::id.eq(key.id()),
                accounts::code.eq(key.code().to_string()),
                accounts::currency.eq(key.currency()),
                accounts::kind.eq(kind.as_str()),
                accounts::normal_side.eq(kind.normal_side().as_str()),
                accounts::owner_type.eq(owner.map(Owner::type_name)),
                accounts::owner_id.eq(owner.map(Owner::uuid)),
                accounts::floor.eq(key.code().floor()),
                accounts::opened_at.eq(now.to_diesel()),
            )
        })
        .collect();
    let opened = diesel::insert_into(accounts::table)
        .values(rows)
        .on_conflict_do_nothing()
        .returning(accounts::id)
        .get_results(conn)
        .await?;
    Ok(opened)
}

/// Locks accounts in the order of their ids and reads their balances under the lock. Over a shared connection, so
/// that the next statement can be on its way before this one is answered.
pub async fn lock_accounts(mut conn: &Conn, ids: &[AccountId]) -> Result<Vec<AccountState>, Error> {
    let rows: Vec<AccountRow> = accounts::table
        .filter(accounts::id.eq_any(ids))
        .order(accounts::id)
        .select(AccountRow::as_select())
        .for_no_key_update()
        .load(&mut conn)
        .await?;
    Ok(rows.into_iter().map(AccountState::from).collect())
}

/// Every account of a company or a person, by code and currency.
pub async fn accounts_of(conn: &mut Conn, owner: Owner) -> Result<Vec<AccountRow>, Error> {
    Ok(accounts::table
        .filter(accounts::owner_type.eq(owner.type_name()))
        .filter(accounts::owner_id.eq(owner.uuid()))
        .order((accounts::currency, accounts::code))
        .select(AccountRow::as_select())
        .load(conn)
        .await?)
}

/// The accounts of a company or a person, page by page.
pub async fn list_accounts_of(
    conn: &mut Conn,
    owner: Owner,
    after: Option<AccountId>,
    limit: i64,
) -> Result<Vec<AccountRow>, Error> {
    Ok(accounts::table
        .filter(accounts::owner_type.eq(owner.type_name()))
        .filter(accounts::owner_id.eq(owner.uuid()))
        .filter(accounts::id.gt(after.map_or(Uuid::nil(), AccountId::uuid)))
        .order(accounts::id)
        .limit(limit)
        .select(AccountRow::as_select())
        .load(conn)
        .await?)
}

/// One account, for a caller whose right to read it is decided by its owner.
pub async fn find_account(conn: &mut Conn, id: AccountId) -> Result<Option<AccountRow>, Error> {
    Ok(accounts::table.find(id).select(AccountRow::as_select()).first(conn).await.optional()?)
}

/// Companies' accounts below zero. Looks at every account of a company: once an hour, for a job.
pub async fn overdrawn_company_accounts(conn: &mut Conn) -> Result<Vec<AccountRow>, Error> {
    Ok(accounts::table
        .filter(accounts::owner_type.eq("company"))
        .filter(accounts::posted.lt(0))
        .order(accounts::id)
        .select(AccountRow::as_select())
        .load(conn)
        .await?)
}

/// All accounts, for the trial balance.
pub async fn all_accounts(conn: &mut Conn) -> Result<Vec<AccountRow>, Error> {
    Ok(accounts::table.order((accounts::currency, accounts::code)).select(AccountRow::as_select()).load(conn).await?)
}
