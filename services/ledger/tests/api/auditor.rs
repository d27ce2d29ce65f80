//! A small model in memory predicts every answer of the ledger.

use std::collections::BTreeMap;

use kernel::{AccountId, TransferId, UserId};
use ledger::{
    accounts::{AccountCode, AccountKey},
    transfers::{PostError, Poster, Receipt, Refusal, TransferDraft},
};

use crate::support::{Dice, TestBooks, draft, euros};

const WORKERS: u64 = 20;

fn operations_per_worker() -> usize {
    testkit::budget(60, 2_500)
}

/// One worker's view: wallets that only it moves, so that it knows what each answer must be, and accounts that
/// everybody moves.
struct Auditor {
    dice: Dice,
    wallets: Vec<AccountKey>,
    shared: Vec<AccountKey>,
    /// On the normal side of the wallets; debit-positive for the shared accounts.
    balances: BTreeMap<AccountId, i64>,
    posted: Vec<(TransferDraft, Receipt)>,
    refused: usize,
}

impl Auditor {
    fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed),
            wallets: (0..3).map(|_| euros(AccountCode::CustomerWallet(UserId::new()))).collect(),
            shared: [AccountCode::Bank, AccountCode::Unallocated, AccountCode::Commission].map(euros).to_vec(),
            balances: BTreeMap::new(),
            posted: Vec::new(),
            refused: 0,
        }
    }

    fn pick(dice: &mut Dice, accounts: &[AccountKey]) -> AccountKey {
        accounts[dice.below(accounts.len() as u64) as usize].clone()
    }

    async fn run(mut self, poster: Poster, operations: usize) -> Self {
        for _ in 0..operations {
            match self.dice.below(10) {
                0 if !self.posted.is_empty() => self.repeat(&poster).await,
                1 if !self.posted.is_empty() => self.reuse_an_id(&poster).await,
                _ => self.transfer(&poster).await,
            }
        }
        self
    }

    async fn transfer(&mut self, poster: &Poster) {
        let wallet = Self::pick(&mut self.dice, &self.wallets);
        let shared = Self::pick(&mut self.dice, &self.shared);
        let amount = self.dice.below(1_000) as i64 + 1;
        let spends = self.dice.below(2) == 0;
        let (debited, credited) = if spends { (&wallet, &shared) } else { (&shared, &wallet) };
        let draft = draft(TransferId::new(), debited, credited, amount);
        let has = self.balances.get(&wallet.id()).copied().unwrap_or_default();
        let answer = poster.post(draft.clone()).await;
        if spends && amount > has {
            let refusal = Refusal::BelowFloor(wallet.code().to_string());
            assert!(matches!(&answer, Err(PostError::Refused(given)) if *given == refusal), "{answer:?}");
            self.refused += 1;
            return;
        }
        self.posted.push((draft, answer.expect("an accepted transfer")));
        let change = if spends { -amount } else { amount };
        *self.balances.entry(wallet.id()).or_default() += change;
        *self.balances.entry(shared.id()).or_default() += change;
    }

    async fn repeat(&mut self, poster: &Poster) {
        let (draft, receipt) = self.posted[self.dice.below(self.posted.len() as u64) as usize].clone();
        assert_eq!(poster.post(draft).await.expect("the same answer"), receipt);
    }

    async fn reuse_an_id(&mut self, poster: &Poster) {
        let (posted, receipt) = self.posted[self.dice.below(self.posted.len() as u64) as usize].clone();
        let other = draft(posted.id(), &self.shared[0], &self.shared[1], 1_001);
        let answer = poster.post(other).await;
        let refusal = Refusal::IdReused(receipt.transfer_id);
        assert!(matches!(&answer, Err(PostError::Refused(given)) if *given == refusal), "{answer:?}");
        self.refused += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_differs_from_the_auditors() {
    let test = TestBooks::start().await;
    let seed = Dice::seed();
    println!("ROOMTONE_TEST_SEED={seed}");
    let posters = [test.poster.clone(), test.second_poster()];
    let workers: Vec<_> = (0..WORKERS)
        .map(|worker| {
            let auditor = Auditor::new(seed.wrapping_mul(31).wrapping_add(worker * 2 + 1));
            tokio::spawn(auditor.run(posters[worker as usize % 2].clone(), operations_per_worker()))
        })
        .collect();
    let mut auditors = Vec::new();
    for worker in workers {
        auditors.push(worker.await.expect("no answer differs"));
    }

    let posted: usize = auditors.iter().map(|auditor| auditor.posted.len()).sum();
    let refused: usize = auditors.iter().map(|auditor| auditor.refused).sum();
    assert!(refused > 0 && posted > 0);
    assert_eq!(test.number("SELECT count(*) AS n FROM transfers").await, posted as i64, "refusals write nothing");
    for auditor in &auditors {
        for wallet in &auditor.wallets {
            let expected = auditor.balances.get(&wallet.id()).copied().unwrap_or_default();
            assert_eq!(test.balance(wallet).await, expected, "{wallet:?}");
        }
    }
    for shared in &auditors[0].shared {
        let debit: i64 = auditors.iter().filter_map(|auditor| auditor.balances.get(&shared.id())).sum();
        let expected = if *shared == euros(AccountCode::Bank) { debit } else { -debit };
        assert_eq!(test.balance(shared).await, expected, "{shared:?}");
    }
    test.assert_sound().await;
}
