//! Processes of the ledger that can be killed: each has a runtime of its own, and what it had open ends with it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use kernel::clock::ManualClock;
use ledger::transfers::{Books, PostError, Poster, Receipt, Refusal, TransferDraft};
use store::Db;
use tokio::{
    runtime::{Builder, Runtime},
    sync::RwLock,
};

use crate::support::TestBooks;

struct Process {
    /// Taken when the process is killed.
    runtime: Option<Runtime>,
    poster: Poster,
}

impl Process {
    fn start(url: &str, clock: Arc<ManualClock>) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
        let poster = {
            let _inside = runtime.enter();
            Poster::start(Db::new(url, 4).expect("a pool"), Books::new(clock))
        };
        Self { runtime: Some(runtime), poster }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub struct Processes {
    running: Vec<RwLock<Process>>,
    url: String,
    clock: Arc<ManualClock>,
    answered: AtomicU64,
    killed: AtomicU64,
}

impl Processes {
    pub fn start(test: &TestBooks, count: usize) -> Self {
        let url = test.serving_url();
        Self {
            running: (0..count).map(|_| RwLock::new(Process::start(&url, test.clock.clone()))).collect(),
            url,
            clock: test.clock.clone(),
            answered: AtomicU64::default(),
            killed: AtomicU64::default(),
        }
    }

    pub fn answered(&self) -> u64 {
        self.answered.load(Ordering::Relaxed)
    }

    pub fn killed(&self) -> u64 {
        self.killed.load(Ordering::Relaxed)
    }

    pub async fn kill_and_restart(&self, number: usize) {
        let mut process = self.running[number].write().await;
        *process = Process::start(&self.url, self.clock.clone());
        self.killed.fetch_add(1, Ordering::Relaxed);
    }

    /// Posts one transfer.
    pub async fn post(&self, number: usize, draft: &TransferDraft) -> Result<Receipt, Refusal> {
        let receipts = self.post_all(number, std::slice::from_ref(draft)).await?;
        Ok(receipts[0])
    }

    /// Posts all or none, and asks again where a process died before it could answer.
    pub async fn post_all(&self, number: usize, drafts: &[TransferDraft]) -> Result<Vec<Receipt>, Refusal> {
        loop {
            let poster = self.running[number % self.running.len()].read().await.poster.clone();
            let answer = match drafts {
                [draft] => poster.post(draft.clone()).await.map(|receipt| vec![receipt]),
                drafts => poster.post_all(drafts.to_vec()).await,
            };
            self.answered.fetch_add(1, Ordering::Relaxed);
            match answer {
                Ok(receipts) => return Ok(receipts),
                Err(PostError::Refused(refusal)) => return Err(refusal),
                // Nobody knows what became of it: the id decides.
                Err(PostError::Unanswered) => {}
                Err(error) if store::is_unavailable(&error) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}
