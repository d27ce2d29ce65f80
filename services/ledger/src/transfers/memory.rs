//! What the posting loop remembers of the accounts it has just posted on; pure.

use std::collections::HashMap;

use jiff::Timestamp;
use kernel::AccountId;

use super::{
    Action, TransferDraft,
    desk::{AccountState, Desk},
};

/// Accounts that are remembered before all of them are forgotten.
const CAPACITY: usize = 50_000;

/// After the memory was wrong this many batches in a row are read, and twice as many every time it is wrong again.
const LONGEST_DISTRUST: u32 = 256;

/// Balances as the last transaction of this loop has left them. They may be out of date: somebody else posts, too.
#[derive(Debug, Default)]
pub struct Memory {
    accounts: HashMap<AccountId, AccountState>,
    closed_through: Option<Timestamp>,
    /// Batches still to be read, and how many the next time.
    reading: u32,
    penalty: u32,
}

impl Memory {
    /// The books as far as they are remembered, if everything that decides about these drafts is. Whether a transfer is
    /// known or a hold is open is never remembered: PostgreSQL refuses an id that is taken, and a batch with holds is read.
    pub fn desk(&mut self, drafts: &[TransferDraft]) -> Option<Desk> {
        if self.reading > 0 {
            self.reading -= 1;
            return None;
        }
        let mut desk = Desk { closed_through: self.closed_through, ..Desk::default() };
        for draft in drafts {
            if !matches!(draft.action(), Action::Post(_)) {
                return None;
            }
            for leg in draft.legs() {
                let id = leg.account.id();
                desk.accounts.insert(id, self.accounts.get(&id)?.clone());
            }
        }
        Some(desk)
    }

    /// Keeps what a committed transaction has left.
    pub fn learn(&mut self, desk: Desk) {
        if self.accounts.len() > CAPACITY {
            self.accounts.clear();
        }
        let recorded_at = desk.known.values().map(|known| known.recorded_at).max();
        self.closed_through = desk.closed_through;
        self.accounts.extend(desk.accounts.into_values().map(|account| {
            let last_recorded_at = account.last_recorded_at.max(recorded_at);
            (account.id, AccountState { last_recorded_at, ..account })
        }));
    }

    /// It was right.
    pub fn trust(&mut self) {
        self.penalty = 0;
    }

    pub fn forget(&mut self) {
        self.accounts.clear();
    }

    /// It was wrong: somebody else posts on the same accounts, and reading them first costs less than failing.
    pub fn distrust(&mut self) {
        self.forget();
        self.penalty = (self.penalty * 2).clamp(1, LONGEST_DISTRUST);
        self.reading = self.penalty;
    }
}
