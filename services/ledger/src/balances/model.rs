//! From rows of accounts to balances; pure.

use std::collections::BTreeMap;

use kernel::{AccountId, Currency, UserId};
use serde::Serialize;

use crate::accounts::{AccountCode, Side, store::AccountRow};

/// What a company has in one currency, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CompanyBalance {
    pub currency: Currency,
    /// Its share of bookings that are not over yet.
    pub pending: i64,
    /// What it can have paid out; below zero when refunds took more than was there.
    pub payable: i64,
    /// Of what is payable: on its way out with a payout.
    pub held: i64,
    /// Kept back against refunds and disputes to come.
    pub reserve: i64,
    /// What it owes: the next payout is less by as much.
    pub receivable: i64,
    /// What it owes of money that it took at its desk (commission and VAT): the next payout is less by as much. Below zero
    /// where more of that was given back than is owed: the next payout is more by as much.
    pub desk_debt: i64,
}

/// The balances among a company's accounts, by currency.
pub fn company_balances(accounts: &[AccountRow]) -> Vec<CompanyBalance> {
    let mut balances: BTreeMap<Currency, CompanyBalance> = BTreeMap::new();
    for account in accounts {
        let currency = account.currency;
        let empty =
            CompanyBalance { currency, pending: 0, payable: 0, held: 0, reserve: 0, receivable: 0, desk_debt: 0 };
        let Ok(code) = account.code.parse::<AccountCode>() else { continue };
        let add = |balance: &mut CompanyBalance| match code {
            AccountCode::CompanyPending(_) => balance.pending += account.posted,
            AccountCode::CompanyPayable(_) => {
                balance.payable += account.posted;
                balance.held += account.held();
            }
            AccountCode::CompanyReserve(_) => balance.reserve += account.posted,
            AccountCode::Receivable(_) => balance.receivable += account.posted,
            AccountCode::Cash(_) => balance.desk_debt += account.posted,
            _ => {}
        };
        add(balances.entry(currency).or_insert(empty));
    }
    balances.into_values().collect()
}

/// Whether an account is at zero and nothing is held on it.
pub fn is_settled(account: &AccountRow) -> bool {
    account.posted == 0 && account.pending_debits == 0 && account.pending_credits == 0
}

/// A customer's wallet in one currency, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Wallet {
    /// `/api/wallets/{wallet_id}/entries` lists every movement.
    pub wallet_id: AccountId,
    pub currency: Currency,
    pub balance: i64,
    pub held: i64,
    pub available: i64,
}

/// The wallets among a person's accounts.
pub fn wallets(user_id: UserId, accounts: &[AccountRow]) -> Vec<Wallet> {
    let code = AccountCode::CustomerWallet(user_id).to_string();
    let is_wallet = |row: &&AccountRow| row.code == code;
    let wallet = |row: &AccountRow| Wallet {
        wallet_id: row.id,
        currency: row.currency,
        balance: row.posted,
        held: row.pending_debits,
        available: row.posted.saturating_sub(row.pending_debits),
    };
    accounts.iter().filter(is_wallet).map(wallet).collect()
}

/// All accounts and, per currency, what they hold on either side.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TrialBalance {
    pub currencies: Vec<CurrencyTotals>,
    pub accounts: Vec<AccountBalance>,
}

/// Sums of the accounts with a debit and with a credit balance; the difference is zero, or the books are broken.
#[derive(Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CurrencyTotals {
    pub currency: Currency,
    #[schema(value_type = i64)]
    pub debits: i128,
    #[schema(value_type = i64)]
    pub credits: i128,
    #[schema(value_type = i64)]
    pub difference: i128,
}

/// `posted` is on the account's normal side; `pending` is what is held against it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AccountBalance {
    pub id: AccountId,
    #[schema(example = "liabilities:unallocated")]
    pub code: String,
    pub currency: Currency,
    pub posted: i64,
    pub pending: i64,
}

pub fn trial_balance(accounts: Vec<AccountRow>) -> TrialBalance {
    let mut totals: BTreeMap<Currency, CurrencyTotals> = BTreeMap::new();
    for account in &accounts {
        let currency = account.currency;
        let empty = CurrencyTotals { currency, debits: 0, credits: 0, difference: 0 };
        let total = totals.entry(currency).or_insert(empty);
        let debit = match Side::parse(&account.normal_side) {
            Side::Debit => i128::from(account.posted),
            Side::Credit => -i128::from(account.posted),
        };
        total.debits += debit.max(0);
        total.credits -= debit.min(0);
        total.difference += debit;
    }
    TrialBalance {
        currencies: totals.into_values().collect(),
        accounts: accounts.into_iter().map(AccountBalance::from).collect(),
    }
}

impl From<AccountRow> for AccountBalance {
    fn from(row: AccountRow) -> Self {
        let pending = row.held();
        Self { id: row.id, code: row.code, currency: row.currency, posted: row.posted, pending }
    }
}
