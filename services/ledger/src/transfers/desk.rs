//! The books as far as some drafts are concerned, as read under their locks; pure.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::{AccountId, TransferId};

use super::Leg;
use crate::accounts::{Side, store::AccountRow};

/// An account's balances, as read under its lock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountState {
    pub id: AccountId,
    pub side: Side,
    pub floor: Option<i64>,
    pub posted: i64,
    pub pending_debits: i64,
    pub pending_credits: i64,
    pub entry_count: i64,
    pub last_recorded_at: Option<Timestamp>,
}

impl From<AccountRow> for AccountState {
    fn from(row: AccountRow) -> Self {
        Self {
            id: row.id,
            side: Side::parse(&row.normal_side),
            floor: row.floor,
            posted: row.posted,
            pending_debits: row.pending_debits,
            pending_credits: row.pending_credits,
            entry_count: row.entry_count,
            last_recorded_at: row.last_recorded_at.to_jiff(),
        }
    }
}

impl AccountState {
    /// What may still be taken: posted less what is pending against it.
    pub fn available(&self) -> i128 {
        let against = match self.side {
            Side::Debit => self.pending_credits,
            Side::Credit => self.pending_debits,
        };
        i128::from(self.posted) - i128::from(against)
    }

    /// After an entry; `None` where the balance would leave the range of an amount.
    pub fn after(&self, amount: i64) -> Option<Self> {
        let posted = match self.side {
            Side::Debit => self.posted.checked_add(amount)?,
            Side::Credit => self.posted.checked_sub(amount)?,
        };
        Some(Self { posted, entry_count: self.entry_count + 1, ..self.clone() })
    }

    /// With a leg pending; `None` where what is pending would leave the range of an amount.
    pub fn holding(&self, amount: i64) -> Option<Self> {
        Some(Self {
            pending_debits: self.pending_debits.checked_add(amount.max(0))?,
            pending_credits: self.pending_credits.checked_add(amount.min(0).checked_neg()?)?,
            ..self.clone()
        })
    }

    /// Without a leg that was pending.
    pub fn released(&self, amount: i64) -> Self {
        Self {
            pending_debits: self.pending_debits.saturating_sub(amount.max(0)),
            pending_credits: self.pending_credits.saturating_sub(amount.min(0).saturating_neg()),
            ..self.clone()
        }
    }

    pub fn is_below_floor(&self) -> bool {
        self.floor.is_some_and(|floor| self.available() < i128::from(floor))
    }
}

/// A transfer that has been posted before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub fingerprint: [u8; 32],
    pub recorded_at: Timestamp,
}

/// A hold, open or closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldState {
    pub legs: Vec<Leg>,
    pub expires_at: Option<Timestamp>,
    pub is_closed: bool,
}

impl HoldState {
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

/// Everything that decides about some drafts.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    pub accounts: BTreeMap<AccountId, AccountState>,
    pub known: BTreeMap<TransferId, Known>,
    /// The holds that the drafts close.
    pub holds: BTreeMap<TransferId, HoldState>,
    /// The end of the newest closed period.
    pub closed_through: Option<Timestamp>,
}

impl Desk {
    /// The instant at which all of them are recorded: not before any earlier entry of the same accounts, whatever the
    /// clock of the process that made it said.
    pub fn recorded_at(&self, now: Timestamp) -> Timestamp {
        let accounts = self.accounts.values().filter_map(|account| account.last_recorded_at);
        accounts.chain(self.closed_through).fold(now, Timestamp::max)
    }
}
