//! Which drafts are posted, and what that does to the balances; pure.
//!
//! Drafts are decided one after the other, each against the balances that the accepted ones before it leave. A
//! refused draft changes nothing, so its neighbours are decided as if it had never been there.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kernel::{AccountId, Currency, TransferId};

use super::{
    Action, Lateness, Leg, Refusal, TransferDraft,
    desk::{AccountState, Desk, HoldState, Known},
};

/// The answer to whoever posts: the same for the first time and for every repetition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    pub transfer_id: TransferId,
    pub recorded_at: Timestamp,
}

/// An entry to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    pub account_id: AccountId,
    pub currency: Currency,
    pub amount: i64,
    pub position: i16,
    pub number: i64,
    pub balance_after: i64,
}

/// What is to be written for a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writes {
    /// The transfer has been posted before.
    Nothing,
    Entries(Vec<NewEntry>),
    /// The legs of a hold.
    Legs(Vec<Leg>),
    /// The hold is let go.
    Closing,
}

/// An accepted draft and the answer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    pub receipt: Receipt,
    pub effective_at: Timestamp,
    pub writes: Writes,
}

impl Decided {
    pub fn entries(&self) -> &[NewEntry] {
        match &self.writes {
            Writes::Entries(entries) => entries,
            Writes::Nothing | Writes::Legs(_) | Writes::Closing => &[],
        }
    }
}

/// Decides drafts in the order given, all recorded at one instant; answers stand in the same order.
pub fn decide(desk: &mut Desk, drafts: &[TransferDraft], now: Timestamp) -> Vec<Result<Decided, Refusal>> {
    let now = desk.recorded_at(now);
    drafts.iter().map(|draft| decide_one(desk, draft, now)).collect()
}

/// Decides drafts of which all or none are posted; the refusal is that of the first refused.
pub fn decide_whole(desk: &mut Desk, drafts: &[TransferDraft], now: Timestamp) -> Result<Vec<Decided>, Refusal> {
    let before = desk.clone();
    let decided: Result<Vec<Decided>, Refusal> = decide(desk, drafts, now).into_iter().collect();
    if decided.is_err() {
        *desk = before;
    }
    decided
}

fn decide_one(desk: &mut Desk, draft: &TransferDraft, now: Timestamp) -> Result<Decided, Refusal> {
    let fingerprint = draft.fingerprint();
    if let Some(known) = desk.known.get(&draft.id()) {
        if known.fingerprint != fingerprint {
            return Err(Refusal::IdReused(draft.id()));
        }
        let receipt = Receipt { transfer_id: draft.id(), recorded_at: known.recorded_at };
        return Ok(Decided { receipt, effective_at: draft.effective_at(), writes: Writes::Nothing });
    }
    let effective_at = effective_at(desk, draft, now)?;
    let (writes, changed) = act(desk, draft.action(), now)?;
    desk.accounts.extend(changed);
    desk.known.insert(draft.id(), Known { fingerprint, recorded_at: now });
    note_hold(desk, draft);
    Ok(Decided { receipt: Receipt { transfer_id: draft.id(), recorded_at: now }, effective_at, writes })
}

/// Never later than recorded, and never in a closed period.
fn effective_at(desk: &Desk, draft: &TransferDraft, now: Timestamp) -> Result<Timestamp, Refusal> {
    let wanted = draft.effective_at().min(now);
    match (desk.closed_through, draft.lateness()) {
        (Some(through), Lateness::Refused) if wanted < through => Err(Refusal::PeriodClosed(through)),
        (Some(through), Lateness::MovesOn) => Ok(wanted.max(through)),
        _ => Ok(wanted),
    }
}

type Changed = BTreeMap<AccountId, AccountState>;

fn act(desk: &Desk, action: &Action, now: Timestamp) -> Result<(Writes, Changed), Refusal> {
    match action {
        Action::Post(legs) => {
            let mut changed = Changed::new();
            let entries = walk(desk, &mut changed, legs)?;
            Ok((Writes::Entries(entries), above_floors(legs, changed)?))
        }
        Action::Hold { legs, expires_at } => {
            if expires_at.is_some_and(|expires_at| expires_at <= now) {
                return Err(Refusal::HoldExpired);
            }
            let changed = hold(desk, legs)?;
            Ok((Writes::Legs(legs.clone()), above_floors(legs, changed)?))
        }
        Action::Capture { hold_id, legs } => {
            let hold = open_hold(desk, *hold_id)?;
            if hold.is_over(now) {
                return Err(Refusal::HoldExpired);
            }
            let legs = legs.as_deref().unwrap_or(&hold.legs);
            within(hold, legs)?;
            let mut changed = release(desk, hold)?;
            let entries = walk(desk, &mut changed, legs)?;
            Ok((Writes::Entries(entries), above_floors(legs, changed)?))
        }
        Action::Void(hold_id) => Ok((Writes::Closing, release(desk, open_hold(desk, *hold_id)?)?)),
        Action::Expire(hold_id) => {
            let hold = open_hold(desk, *hold_id)?;
            if !hold.is_over(now) {
                return Err(Refusal::HoldNotOver);
            }
            Ok((Writes::Closing, release(desk, hold)?))
        }
    }
}

fn open_hold(desk: &Desk, hold_id: TransferId) -> Result<&HoldState, Refusal> {
    match desk.holds.get(&hold_id) {
        None => Err(Refusal::HoldUnknown(hold_id)),
        Some(hold) if hold.is_closed => Err(Refusal::HoldClosed(hold_id)),
        Some(hold) => Ok(hold),
    }
}

fn note_hold(desk: &mut Desk, draft: &TransferDraft) {
    if let Action::Hold { legs, expires_at } = draft.action() {
        let hold = HoldState { legs: legs.clone(), expires_at: *expires_at, is_closed: false };
        desk.holds.insert(draft.id(), hold);
    }
    if let Some(hold) = draft.action().closes().and_then(|hold_id| desk.holds.get_mut(&hold_id)) {
        hold.is_closed = true;
    }
}

/// What is captured on an account is on the side of what is held there and no more than that.
fn within(hold: &HoldState, legs: &[Leg]) -> Result<(), Refusal> {
    for leg in legs {
        let (held, taken) = (sum_on(&hold.legs, leg.account.id()), sum_on(legs, leg.account.id()));
        if taken < held.min(0) || taken > held.max(0) {
            return Err(Refusal::ExceedsHold(leg.account.code().to_string()));
        }
    }
    Ok(())
}

/// Debit-positive.
fn sum_on(legs: &[Leg], account: AccountId) -> i128 {
    legs.iter().filter(|leg| leg.account.id() == account).map(|leg| i128::from(leg.amount)).sum()
}

fn state<'s>(desk: &'s Desk, changed: &'s Changed, leg: &Leg) -> Result<&'s AccountState, Refusal> {
    let id = leg.account.id();
    let state = changed.get(&id).or_else(|| desk.accounts.get(&id));
    state.ok_or_else(|| Refusal::UnknownAccount(leg.account.code().to_string()))
}

/// Applies the legs to copies; floors count at the end, so the order of legs does not matter.
fn walk(desk: &Desk, changed: &mut Changed, legs: &[Leg]) -> Result<Vec<NewEntry>, Refusal> {
    let mut entries = Vec::with_capacity(legs.len());
    for (leg, position) in legs.iter().zip(0..) {
        let account_id = leg.account.id();
        let before = state(desk, changed, leg)?;
        let after = before.after(leg.amount).ok_or_else(|| Refusal::Overflow(leg.account.code().to_string()))?;
        entries.push(NewEntry {
            account_id,
            currency: leg.account.currency(),
            amount: leg.amount,
            position,
            number: after.entry_count,
            balance_after: after.posted,
        });
        changed.insert(account_id, after);
    }
    Ok(entries)
}

fn hold(desk: &Desk, legs: &[Leg]) -> Result<Changed, Refusal> {
    let mut changed = Changed::new();
    for leg in legs {
        let after = state(desk, &changed, leg)?.holding(leg.amount);
        let after = after.ok_or_else(|| Refusal::Overflow(leg.account.code().to_string()))?;
        changed.insert(leg.account.id(), after);
    }
    Ok(changed)
}

fn release(desk: &Desk, hold: &HoldState) -> Result<Changed, Refusal> {
    let mut changed = Changed::new();
    for leg in &hold.legs {
        let after = state(desk, &changed, leg)?.released(leg.amount);
        changed.insert(leg.account.id(), after);
    }
    Ok(changed)
}

fn above_floors(legs: &[Leg], changed: Changed) -> Result<Changed, Refusal> {
    match legs.iter().find(|leg| changed.get(&leg.account.id()).is_some_and(AccountState::is_below_floor)) {
        Some(leg) => Err(Refusal::BelowFloor(leg.account.code().to_string())),
        None => Ok(changed),
    }
}

#[cfg(test)]
mod tests;
