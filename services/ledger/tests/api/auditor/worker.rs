//! One worker: wallets that only it moves, so that it knows what each answer must be, and accounts that everybody moves.

use std::{collections::BTreeMap, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use kernel::{AccountId, TransferId, UserId, clock::real_now};
use ledger::{
    accounts::{AccountCode, AccountKey},
    transfers::{Action, Leg, Receipt, Refusal, TransferDraft, TransferKind},
};

use super::processes::Processes;
use crate::support::{Dice, NOW, draft, euros};

pub struct Hold {
    id: TransferId,
    wallet: AccountKey,
    shared: AccountKey,
    amount: i64,
    expires: bool,
    pub is_closed: bool,
}

pub struct Worker {
    dice: Dice,
    pub wallets: Vec<AccountKey>,
    pub shared: Vec<AccountKey>,
    pub holds: Vec<Hold>,
    pub accepted: usize,
    pub refused: usize,
    /// On the normal side of the wallets; debit-positive for the shared accounts.
    posted: BTreeMap<AccountId, i64>,
    answered: Vec<(TransferDraft, Receipt)>,
    /// Far beyond every round.
    end_of_time: Timestamp,
    expiry: Timestamp,
}

impl Worker {
    pub fn new(seed: u64) -> Self {
        Self {
            dice: Dice::new(seed),
            wallets: (0..3).map(|_| euros(AccountCode::CustomerWallet(UserId::new()))).collect(),
            shared: [AccountCode::Bank, AccountCode::Unallocated, AccountCode::Commission].map(euros).to_vec(),
            holds: Vec::new(),
            accepted: 0,
            refused: 0,
            posted: BTreeMap::new(),
            answered: Vec::new(),
            end_of_time: real_now() + SignedDuration::from_hours(24 * 365),
            expiry: real_now() + SignedDuration::from_mins(50),
        }
    }

    pub fn posted(&self, account: &AccountKey) -> i64 {
        self.posted.get(&account.id()).copied().unwrap_or_default()
    }

    pub fn held(&self, wallet: &AccountKey) -> i64 {
        self.holds.iter().filter(|hold| !hold.is_closed && hold.wallet == *wallet).map(|hold| hold.amount).sum()
    }

    /// An hour has passed, and the job that lets holds go has run.
    pub fn time_is_over(&mut self) {
        self.expiry += SignedDuration::from_hours(1);
        self.holds.iter_mut().filter(|hold| hold.expires).for_each(|hold| hold.is_closed = true);
    }

    pub async fn run(mut self, processes: Arc<Processes>, number: usize, operations: usize) -> Self {
        for _ in 0..operations {
            match self.dice.below(12) {
                0 if !self.answered.is_empty() => self.repeat(&processes, number).await,
                1 if !self.answered.is_empty() => self.reuse_an_id(&processes, number).await,
                2..=3 => self.hold(&processes, number).await,
                4..=6 if !self.holds.is_empty() => self.close(&processes, number).await,
                7 => self.batch(&processes, number).await,
                _ => self.transfer(&processes, number).await,
            }
        }
        self
    }

    fn pick<T: Clone>(dice: &mut Dice, of: &[T]) -> T {
        of[dice.below(of.len() as u64) as usize].clone()
    }

    fn accept(&mut self, draft: TransferDraft, receipt: Receipt) {
        self.accepted += 1;
        self.answered.push((draft, receipt));
    }

    /// Moves `amount` out of the wallet (or into it, below zero) in the model.
    fn spend(&mut self, wallet: &AccountKey, shared: &AccountKey, amount: i64) {
        *self.posted.entry(wallet.id()).or_default() -= amount;
        *self.posted.entry(shared.id()).or_default() -= amount;
    }

    fn available(&self, wallet: &AccountKey) -> i64 {
        self.posted(wallet) - self.held(wallet)
    }

    fn refuse(&mut self, answer: Result<Receipt, Refusal>, refusal: &Refusal) {
        assert_eq!(answer.as_ref(), Err(refusal));
        self.refused += 1;
    }

    async fn transfer(&mut self, processes: &Processes, number: usize) {
        let wallet = Self::pick(&mut self.dice, &self.wallets);
        let shared = Self::pick(&mut self.dice, &self.shared);
        let amount = self.dice.below(1_000) as i64 + 1;
        let spends = self.dice.below(2) == 0;
        let (debited, credited) = if spends { (&wallet, &shared) } else { (&shared, &wallet) };
        let draft = draft(TransferId::new(), debited, credited, amount);
        let answer = processes.post(number, &draft).await;
        if spends && amount > self.available(&wallet) {
            return self.refuse(answer, &Refusal::BelowFloor(wallet.code().to_string()));
        }
        self.accept(draft, answer.expect("an accepted transfer"));
        self.spend(&wallet, &shared, if spends { amount } else { -amount });
    }

    /// Two transfers of which both or none are posted: into a wallet and, perhaps too much, out of it.
    async fn batch(&mut self, processes: &Processes, number: usize) {
        let wallet = Self::pick(&mut self.dice, &self.wallets);
        let shared = Self::pick(&mut self.dice, &self.shared);
        let (given, taken) = (self.dice.below(300) as i64 + 1, self.dice.below(900) as i64 + 1);
        let drafts =
            [draft(TransferId::new(), &shared, &wallet, given), draft(TransferId::new(), &wallet, &shared, taken)];
        let answer = processes.post_all(number, &drafts).await;
        if taken > self.available(&wallet) + given {
            assert_eq!(answer.err(), Some(Refusal::BelowFloor(wallet.code().to_string())));
            self.refused += 1;
            return;
        }
        for (draft, receipt) in drafts.into_iter().zip(answer.expect("an accepted batch")) {
            self.accept(draft, receipt);
        }
        self.spend(&wallet, &shared, taken - given);
    }

    async fn hold(&mut self, processes: &Processes, number: usize) {
        let wallet = Self::pick(&mut self.dice, &self.wallets);
        let shared = Self::pick(&mut self.dice, &self.shared);
        let (amount, expires) = (self.dice.below(400) as i64 + 1, self.dice.below(3) == 0);
        let id = TransferId::new();
        let expires_at = Some(if expires { self.expiry } else { self.end_of_time });
        let action = Action::Hold { legs: legs(&wallet, &shared, amount), expires_at };
        let draft = of(id, action);
        let answer = processes.post(number, &draft).await;
        if amount > self.available(&wallet) {
            return self.refuse(answer, &Refusal::BelowFloor(wallet.code().to_string()));
        }
        self.accept(draft, answer.expect("an accepted hold"));
        self.holds.push(Hold { id, wallet, shared, amount, expires, is_closed: false });
    }

    async fn close(&mut self, processes: &Processes, number: usize) {
        let index = self.dice.below(self.holds.len() as u64) as usize;
        let Hold { id, amount, is_closed, .. } = self.holds[index];
        let (wallet, shared) = (self.holds[index].wallet.clone(), self.holds[index].shared.clone());
        // All of it, some of it, more than it, or nothing.
        let (captured, action) = match self.dice.below(4) {
            0 => (amount, Action::Capture { hold_id: id, legs: None }),
            1 => {
                let part = self.dice.below(amount as u64) as i64 + 1;
                (part, Action::Capture { hold_id: id, legs: Some(legs(&wallet, &shared, part)) })
            }
            2 => (amount + 1, Action::Capture { hold_id: id, legs: Some(legs(&wallet, &shared, amount + 1)) }),
            _ => (0, Action::Void(id)),
        };
        let draft = of(TransferId::new(), action);
        let answer = processes.post(number, &draft).await;
        if is_closed {
            return self.refuse(answer, &Refusal::HoldClosed(id));
        }
        if captured > amount {
            return self.refuse(answer, &Refusal::ExceedsHold(wallet.code().to_string()));
        }
        self.accept(draft, answer.expect("an accepted closing"));
        self.holds[index].is_closed = true;
        self.spend(&wallet, &shared, captured);
    }

    async fn repeat(&mut self, processes: &Processes, number: usize) {
        let (draft, receipt) = Self::pick(&mut self.dice, &self.answered);
        assert_eq!(processes.post(number, &draft).await, Ok(receipt), "the same answer");
    }

    async fn reuse_an_id(&mut self, processes: &Processes, number: usize) {
        let (posted, _) = Self::pick(&mut self.dice, &self.answered);
        let other = draft(posted.id(), &self.shared[0], &self.shared[1], 1_001);
        let answer = processes.post(number, &other).await;
        self.refuse(answer, &Refusal::IdReused(posted.id()));
    }
}

fn legs(wallet: &AccountKey, shared: &AccountKey, amount: i64) -> Vec<Leg> {
    vec![Leg::debit(wallet.clone(), amount), Leg::credit(shared.clone(), amount)]
}

fn of(id: TransferId, action: Action) -> TransferDraft {
    TransferDraft::of(id, TransferKind::CreditsSpent, "test", NOW, action).expect("a balanced transfer")
}
