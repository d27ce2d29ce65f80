//! Posting inside a transaction: lock, decide, write.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use kernel::{AccountId, SharedClock, TransferId};
use store::Conn;

use super::{
    PostError, Receipt, Refusal, TransferDraft,
    decide::{AccountState, Decided, Desk, Known, decide},
    store::{find_known, insert_transfers},
};
use crate::accounts::{
    AccountKey,
    store::{lock_accounts, open_accounts},
};

/// Posts transfers in transactions of others. Cheap to clone.
///
/// Lock order: accounts to be opened by id, accounts by id, transfers by id. Balances and known transfers are read
/// under the account locks. Call it once a transaction, after everything else that locks.
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

    /// Decides each draft by itself and writes the accepted ones; a refused one leaves nothing behind and does not
    /// harm the others. On `Err` the transaction has to be rolled back.
    pub async fn post_each_in_tx(
        &self,
        conn: &mut Conn,
        drafts: &[TransferDraft],
    ) -> Result<Vec<Result<Receipt, Refusal>>, PostError> {
        let mut desk = self.lock(conn, drafts).await?;
        let decisions = decide(&mut desk, drafts, self.clock.now());
        write(conn, drafts, &decisions).await?;
        Ok(decisions.into_iter().map(|decision| decision.map(|decided| decided.receipt)).collect())
    }

    /// Posts all drafts, or fails with the first refusal.
    pub async fn post_in_tx(&self, conn: &mut Conn, drafts: &[TransferDraft]) -> Result<Vec<Receipt>, PostError> {
        let answers = self.post_each_in_tx(conn, drafts).await?;
        Ok(answers.into_iter().collect::<Result<_, Refusal>>()?)
    }

    /// Makes sure that accounts exist before anything is posted on them.
    pub async fn open_in_tx(&self, conn: &mut Conn, keys: &[&AccountKey]) -> Result<(), store::Error> {
        open_accounts(conn, keys, self.clock.now()).await?;
        Ok(())
    }

    async fn lock(&self, conn: &mut Conn, drafts: &[TransferDraft]) -> Result<Desk, PostError> {
        let keys: BTreeMap<AccountId, &AccountKey> =
            drafts.iter().flat_map(TransferDraft::legs).map(|leg| (leg.account.id(), &leg.account)).collect();
        let ids: Vec<AccountId> = keys.keys().copied().collect();
        let transfers: Vec<TransferId> = drafts.iter().map(TransferDraft::id).collect();
        self.open_unseen(conn, &keys).await?;
        let (mut accounts, mut known) = lock_and_find(conn, &ids, &transfers).await?;
        if accounts.len() < ids.len() {
            // Seen in a transaction that was rolled back: very rare, and a deadlock here is retried.
            open_accounts(conn, &keys.values().copied().collect::<Vec<_>>(), self.clock.now()).await?;
            (accounts, known) = lock_and_find(conn, &ids, &transfers).await?;
        }
        Ok(Desk {
            accounts: accounts.into_iter().map(|account| (account.id, account)).collect(),
            known: known.into_iter().collect(),
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
        let opened = open_accounts(conn, &unseen, self.clock.now()).await?;
        // What this transaction has opened itself is not yet there for others.
        let there = unseen.iter().map(|key| key.id()).filter(|id| !opened.contains(id));
        self.open.write().unwrap_or_else(PoisonError::into_inner).extend(there);
        Ok(())
    }
}

/// Two statements in one round trip. PostgreSQL runs them one after the other, so that the second sees what was
/// committed while the first waited for its locks.
async fn lock_and_find(
    conn: &Conn,
    accounts: &[AccountId],
    transfers: &[TransferId],
) -> Result<(Vec<AccountState>, Vec<(TransferId, Known)>), store::Error> {
    futures_util::try_join!(lock_accounts(conn, accounts), find_known(conn, transfers))
}

async fn write(
    conn: &mut Conn,
    drafts: &[TransferDraft],
    decisions: &[Result<Decided<'_>, Refusal>],
) -> Result<(), PostError> {
    let posted: Vec<(&TransferDraft, &Decided<'_>)> = drafts
        .iter()
        .zip(decisions)
        .filter_map(|(draft, decision)| decision.as_ref().ok().map(|decided| (draft, decided)))
        .filter(|(_, decided)| !decided.entries.is_empty())
        .collect();
    if posted.is_empty() {
        return Ok(());
    }
    let expected: usize = posted.iter().map(|(_, decided)| decided.entries.len()).sum();
    if insert_transfers(conn, &posted).await? == expected { Ok(()) } else { Err(PostError::Raced) }
}
