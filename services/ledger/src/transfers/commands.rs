//! Posting inside a transaction: lock, decide, write.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use jiff::Timestamp;
use kernel::{AccountId, SharedClock, TransferId};
use store::Conn;

use super::{
    Leg, PostError, Receipt, Refusal, TransferDraft,
    decide::{Decided, Writes, decide, decide_whole},
    desk::{AccountState, Desk, Known},
    insert::{Accepted, insert_transfers},
    store::{closed_holds, closed_through, find_holds, find_known},
};
use crate::accounts::{
    AccountKey,
    store::{lock_accounts, open_accounts},
};

/// Posts transfers in transactions of others. Cheap to clone.
///
/// Lock order: accounts to be opened by id, accounts by id, transfers by id. Balances, holds and known transfers are
/// read under the account locks. Call it once a transaction, after everything else that locks.
#[derive(Clone)]
pub struct Books {
    clock: SharedClock,
    /// Accounts that have been seen open. Accounts stay, so this never has to forget.
    open: Arc<RwLock<HashSet<AccountId>>>,
}

impl Books {
    pub fn new(clock: SharedClock) -> Self {
        Self { clock, open: Arc::default() }
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Decides each draft by itself and writes the accepted ones; a refused one leaves nothing behind and does not
    /// harm the others. On `Err` the transaction has to be rolled back.
    pub async fn post_each_in_tx(
        &self,
        conn: &mut Conn,
        drafts: &[TransferDraft],
    ) -> Result<Vec<Result<Receipt, Refusal>>, PostError> {
        let mut desk = self.lock(conn, drafts).await?;
        let decisions = decide(&mut desk, drafts, self.now());
        write(conn, drafts, &decisions).await?;
        Ok(decisions.into_iter().map(|decision| decision.map(|decided| decided.receipt)).collect())
    }

    /// Posts all drafts, or fails with the first refusal and has written nothing.
    pub async fn post_in_tx(&self, conn: &mut Conn, drafts: &[TransferDraft]) -> Result<Vec<Receipt>, PostError> {
        let mut desk = self.lock(conn, drafts).await?;
        let decisions: Vec<_> = decide_whole(&mut desk, drafts, self.now())?.into_iter().map(Ok).collect();
        write(conn, drafts, &decisions).await?;
        Ok(decisions.into_iter().flatten().map(|decided| decided.receipt).collect())
    }

    /// Makes sure that accounts exist before anything is posted on them.
    pub async fn open_in_tx(&self, conn: &mut Conn, keys: &[&AccountKey]) -> Result<(), store::Error> {
        open_accounts(conn, keys, self.now()).await?;
        Ok(())
    }

    /// Locks everything that decides about the drafts, and reads it.
    pub(super) async fn lock(&self, conn: &mut Conn, drafts: &[TransferDraft]) -> Result<Desk, PostError> {
        let closings: Vec<TransferId> = drafts.iter().filter_map(|draft| draft.action().closes()).collect();
        let mut holds = if closings.is_empty() { BTreeMap::new() } else { find_holds(conn, &closings).await? };
        let legs = drafts.iter().flat_map(TransferDraft::legs).chain(holds.values().flat_map(|hold| &hold.legs));
        let keys: BTreeMap<AccountId, &AccountKey> = legs.map(|leg: &Leg| (leg.account.id(), &leg.account)).collect();
        let ids: Vec<AccountId> = keys.keys().copied().collect();
        let transfers: Vec<TransferId> = drafts.iter().map(TransferDraft::id).collect();
        self.open_unseen(conn, &keys).await?;
        let mut read = lock_and_read(conn, &ids, &transfers, &closings).await?;
        if read.accounts.len() < ids.len() {
            // Seen in a transaction that was rolled back: very rare, and a deadlock here is retried.
            open_accounts(conn, &keys.values().copied().collect::<Vec<_>>(), self.now()).await?;
            read = lock_and_read(conn, &ids, &transfers, &closings).await?;
        }
        for closed in read.closed_holds {
            if let Some(hold) = holds.get_mut(&closed) {
                hold.is_closed = true;
            }
        }
        Ok(Desk {
            accounts: read.accounts.into_iter().map(|account| (account.id, account)).collect(),
            known: read.known.into_iter().collect(),
            holds,
            closed_through: read.closed_through,
        })
    }

    async fn open_unseen(&self, conn: &mut Conn, keys: &BTreeMap<AccountId, &AccountKey>) -> Result<(), store::Error> {
        let unseen: Vec<&AccountKey> = {
            let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
            keys.iter().filter(|(id, _)| !open.contains(id)).map(|(_, key)| *key).collect()
        };
        if unseen.is_empty() {
            return Ok(());
        }
        let opened = open_accounts(conn, &unseen, self.now()).await?;
        // What this transaction has opened itself is not yet there for others.
        let there = unseen.iter().map(|key| key.id()).filter(|id| !opened.contains(id));
        self.open.write().unwrap_or_else(PoisonError::into_inner).extend(there);
        Ok(())
    }
}

struct Read {
    accounts: Vec<AccountState>,
    known: Vec<(TransferId, Known)>,
    closed_holds: Vec<TransferId>,
    closed_through: Option<Timestamp>,
}

/// Several statements in one round trip. PostgreSQL runs them one after the other, so that the later ones see what was
/// committed while the first waited for its locks.
async fn lock_and_read(
    conn: &Conn,
    accounts: &[AccountId],
    transfers: &[TransferId],
    closings: &[TransferId],
) -> Result<Read, store::Error> {
    let (accounts, known, closed_holds, closed_through) = futures_util::try_join!(
        lock_accounts(conn, accounts),
        find_known(conn, transfers),
        closed_holds(conn, closings),
        closed_through(conn),
    )?;
    Ok(Read { accounts, known, closed_holds, closed_through })
}

/// Writes the accepted drafts. Holds come last in what one statement writes, so a draft that closes a hold placed by an
/// earlier one of the same call begins another row of statements.
pub(super) async fn write(
    conn: &Conn,
    drafts: &[TransferDraft],
    decisions: &[Result<Decided, Refusal>],
) -> Result<(), PostError> {
    let mut run: Vec<Accepted<'_>> = Vec::new();
    let mut placed = HashSet::new();
    for (draft, decision) in drafts.iter().zip(decisions) {
        let Ok(decided) = decision else { continue };
        if decided.writes == Writes::Nothing {
            continue;
        }
        if draft.action().closes().is_some_and(|hold_id| placed.contains(&hold_id)) {
            insert_transfers(conn, &run).await?;
            run.clear();
            placed.clear();
        }
        if matches!(decided.writes, Writes::Legs(_)) {
            placed.insert(draft.id());
        }
        run.push((draft, decided));
    }
    Ok(insert_transfers(conn, &run).await?)
}
