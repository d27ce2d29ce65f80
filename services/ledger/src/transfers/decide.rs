//! Which drafts are posted, and what that does to the balances; pure.
//!
//! Drafts are decided one after the other, each against the balances that the accepted ones before it leave. A
//! refused draft changes nothing, so its neighbours are decided as if it had never been there.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::{AccountId, TransferId};

use super::{Leg, Refusal, TransferDraft};
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

    /// `None` where the balance would leave the range of an amount.
    fn after(&self, amount: i64) -> Option<Self> {
        let posted = match self.side {
            Side::Debit => self.posted.checked_add(amount)?,
            Side::Credit => self.posted.checked_sub(amount)?,
        };
        Some(Self { posted, entry_count: self.entry_count + 1, ..self.clone() })
    }

    fn is_below_floor(&self) -> bool {
        self.floor.is_some_and(|floor| self.available() < i128::from(floor))
    }
}

/// The answer to whoever posts: the same for the first time and for every repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    pub transfer_id: TransferId,
    pub recorded_at: Timestamp,
}

/// A transfer that has been posted before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    pub fingerprint: [u8; 32],
    pub recorded_at: Timestamp,
}

/// An entry to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry<'d> {
    pub leg: &'d Leg,
    pub position: i16,
    pub number: i64,
    pub balance_after: i64,
}

/// What is to be written for a draft, and the answer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided<'d> {
    pub receipt: Receipt,
    /// Empty where the transfer has been posted before.
    pub entries: Vec<NewEntry<'d>>,
}

/// The books as far as some drafts are concerned.
#[derive(Debug, Clone, Default)]
pub struct Desk {
    pub accounts: BTreeMap<AccountId, AccountState>,
    pub known: BTreeMap<TransferId, Known>,
}

/// Decides drafts in the order given; answers stand in the same order.
pub fn decide<'d>(desk: &mut Desk, drafts: &'d [TransferDraft], now: Timestamp) -> Vec<Result<Decided<'d>, Refusal>> {
    drafts.iter().map(|draft| decide_one(desk, draft, now)).collect()
}

fn decide_one<'d>(desk: &mut Desk, draft: &'d TransferDraft, now: Timestamp) -> Result<Decided<'d>, Refusal> {
    let fingerprint = draft.fingerprint();
    if let Some(known) = desk.known.get(&draft.id()) {
        if known.fingerprint != fingerprint {
            return Err(Refusal::IdReused(draft.id()));
        }
        let receipt = Receipt { transfer_id: draft.id(), recorded_at: known.recorded_at };
        return Ok(Decided { receipt, entries: Vec::new() });
    }
    let (entries, changed) = walk(desk, draft)?;
    desk.accounts.extend(changed);
    desk.known.insert(draft.id(), Known { fingerprint, recorded_at: now });
    Ok(Decided { receipt: Receipt { transfer_id: draft.id(), recorded_at: now }, entries })
}

type Walked<'d> = (Vec<NewEntry<'d>>, BTreeMap<AccountId, AccountState>);

/// Applies the legs to copies; floors count at the end, so the order of legs does not matter.
fn walk<'d>(desk: &Desk, draft: &'d TransferDraft) -> Result<Walked<'d>, Refusal> {
    let mut changed: BTreeMap<AccountId, AccountState> = BTreeMap::new();
    let mut entries = Vec::with_capacity(draft.legs().len());
    for (leg, position) in draft.legs().iter().zip(0..) {
        let id = leg.account.id();
        let Some(before) = changed.get(&id).or_else(|| desk.accounts.get(&id)) else {
            return Err(Refusal::UnknownAccount(leg.account.code().to_string()));
        };
        let after = before.after(leg.amount).ok_or_else(|| Refusal::Overflow(leg.account.code().to_string()))?;
        entries.push(NewEntry { leg, position, number: after.entry_count, balance_after: after.posted });
        changed.insert(id, after);
    }
    match draft.legs().iter().find(|leg| changed.get(&leg.account.id()).is_some_and(AccountState::is_below_floor)) {
        Some(leg) => Err(Refusal::BelowFloor(leg.account.code().to_string())),
        None => Ok((entries, changed)),
    }
}

#[cfg(test)]
mod tests;
