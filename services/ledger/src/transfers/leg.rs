//! Movements on accounts, and when several of them are whole; pure.

use std::collections::BTreeMap;

use kernel::Currency;

use super::DraftError;
use crate::accounts::AccountKey;

/// A movement on one account: positive is a debit, negative a credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leg {
    pub account: AccountKey,
    pub amount: i64,
}

impl Leg {
    pub fn debit(account: AccountKey, amount: i64) -> Self {
        Self { account, amount }
    }

    /// `i64::MIN` has no opposite; a draft refuses it.
    pub fn credit(account: AccountKey, amount: i64) -> Self {
        Self { account, amount: amount.checked_neg().unwrap_or(i64::MIN) }
    }

    /// The movement that takes this one back.
    pub fn opposite(&self) -> Self {
        Self::credit(self.account.clone(), self.amount)
    }
}

/// Legs of one transfer.
pub const MAX_LEGS: usize = 1_000;

/// There are two legs or more, each moves something, and they sum to zero per currency.
pub fn check(legs: &[Leg]) -> Result<(), DraftError> {
    if legs.len() < 2 {
        return Err(DraftError::TooFewLegs);
    }
    if legs.len() > MAX_LEGS {
        return Err(DraftError::TooManyLegs);
    }
    let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
    for leg in legs {
        match leg.amount {
            0 => return Err(DraftError::EmptyLeg),
            i64::MIN => return Err(DraftError::Overflow),
            amount => *sums.entry(leg.account.currency()).or_default() += i128::from(amount),
        }
    }
    match sums.into_iter().find(|(_, sum)| *sum != 0) {
        Some((currency, _)) => Err(DraftError::Unbalanced(currency)),
        None => Ok(()),
    }
}
