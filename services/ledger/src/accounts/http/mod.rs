//! `/api/ledger/accounts` and what hangs below an account.

pub mod balance;
pub mod export;
pub mod list;
pub mod statement;

pub use statement::StatementLine;

use kernel::AccountId;
use problem::Problem;
use service_kit::Caller;
use store::Conn;

use super::{
    Owner,
    store::{AccountRow, find_account},
};

/// Platform administrators read every account, staff those of their company, people their own.
pub fn may_read(caller: &Caller, account: &AccountRow) -> bool {
    caller.is_platform_admin()
        || match account.owner() {
            Some(Owner::Company(company_id)) => caller.role_in(company_id).is_some(),
            Some(Owner::User(user_id)) => caller.user_id() == user_id,
            None => false,
        }
}

/// The account, for a caller who may read it; for everybody else there is none.
pub async fn readable(conn: &mut Conn, caller: &Caller, id: AccountId) -> Result<AccountRow, Problem> {
    let account = find_account(conn, id).await?.filter(|account| may_read(caller, account));
    account.ok_or_else(Problem::not_found)
}
