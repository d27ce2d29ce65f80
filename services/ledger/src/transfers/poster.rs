//! Group commit: the drafts of many callers in one transaction, each answered by itself.
//!
//! A hot account is locked once a transaction, however many of its drafts are waiting. A lone draft waits for nobody:
//! the loop takes what is there and starts.

use std::sync::Arc;

use store::Db;
use tokio::sync::{mpsc, oneshot};

use super::{
    Books, PostError, Receipt, Refusal, TransferDraft,
    batch::{Batch, Mode, Outcomes},
    commands::write,
    expiry::expire_due_holds,
    insert::insert_posted,
    memory::Memory,
};

/// Requests in one transaction.
const MAX_BATCH: usize = 1_000;

/// Requests that may wait before callers have to.
const QUEUE: usize = 10_000;

type Answer = Result<Outcomes, PostError>;

struct Request {
    drafts: Vec<TransferDraft>,
    mode: Mode,
    answer: oneshot::Sender<Answer>,
}

/// Posts transfers in transactions of its own. Cheap to clone; the loop ends with the last clone.
#[derive(Clone)]
pub struct Poster {
    requests: mpsc::Sender<Request>,
}

impl Poster {
    /// Starts the loop on the current runtime.
    pub fn start(db: Db, books: Books) -> Self {
        let (requests, queue) = mpsc::channel(QUEUE);
        tokio::spawn(run(Loop { db, books, memory: Memory::default() }, queue));
        Self { requests }
    }

    /// Posts one transfer; the answer comes after the commit. The same id with the same content gets the same answer
    /// again. On `Err` nothing of it was written, except that after [`PostError::Store`] nobody knows: ask again.
    pub async fn post(&self, draft: TransferDraft) -> Result<Receipt, PostError> {
        let outcomes = self.ask(vec![draft], Mode::Each).await?;
        Ok(outcomes.into_iter().next().ok_or(PostError::Unanswered)??)
    }

    /// Posts all of the transfers or none; the refusal is that of the first refused.
    pub async fn post_all(&self, drafts: Vec<TransferDraft>) -> Result<Vec<Receipt>, PostError> {
        let outcomes = self.ask(drafts, Mode::Whole).await?;
        Ok(outcomes.into_iter().collect::<Result<_, Refusal>>()?)
    }

    /// Posts what can be posted of the transfers, in their order; one answer each, in the same order.
    pub async fn post_each(&self, drafts: Vec<TransferDraft>) -> Result<Vec<Result<Receipt, Refusal>>, PostError> {
        self.ask(drafts, Mode::Each).await
    }

    async fn ask(&self, drafts: Vec<TransferDraft>, mode: Mode) -> Answer {
        if drafts.is_empty() {
            return Ok(Vec::new());
        }
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request { drafts, mode, answer }).await.map_err(|_| PostError::Unanswered)?;
        answered.await.map_err(|_| PostError::Unanswered)?
    }
}

struct Loop {
    db: Db,
    books: Books,
    memory: Memory,
}

async fn run(mut posting: Loop, mut queue: mpsc::Receiver<Request>) {
    let mut waiting = Vec::new();
    while queue.recv_many(&mut waiting, MAX_BATCH).await > 0 {
        // Those who were answered a moment ago get their turn to ask again before the next transaction begins.
        tokio::task::yield_now().await;
        while waiting.len() < MAX_BATCH
            && let Ok(request) = queue.try_recv()
        {
            waiting.push(request);
        }
        posting.post_requests(std::mem::take(&mut waiting)).await;
    }
}

impl Loop {
    async fn post_requests(&mut self, requests: Vec<Request>) {
        let mut batch = Batch::default();
        let mut answers = Vec::with_capacity(requests.len());
        for request in requests {
            batch.push(request.drafts, request.mode);
            answers.push(request.answer);
        }
        let batch = Arc::new(batch);
        match self.post(&batch).await {
            Ok(outcomes) => {
                for (answer, outcomes) in answers.into_iter().zip(batch.split(outcomes)) {
                    // A caller that has gone away is not told; the transfer stands.
                    let _ = answer.send(Ok(outcomes));
                }
            }
            Err(error) => {
                tracing::debug!(%error, requests = answers.len(), "batch failed, replaying it one by one");
                self.replay(&batch, answers, error).await;
            }
        }
    }

    async fn post(&mut self, batch: &Arc<Batch>) -> Answer {
        if let Some(outcomes) = self.post_from_memory(batch).await {
            return Ok(outcomes);
        }
        let outcomes = self.transact(batch).await?;
        let lacking = |outcome: &Result<Receipt, Refusal>| matches!(outcome, Err(Refusal::BelowFloor(_)));
        // Holds whose time is over are let go by a job a moment later; whoever needs what they keep does not wait for it.
        if outcomes.iter().any(lacking) && expire_due_holds(&self.db, &self.books).await? > 0 {
            self.memory.forget();
            return self.transact(batch).await;
        }
        Ok(outcomes)
    }

    /// Decides by what the last transaction has left in the accounts, and writes in a single statement without reading
    /// anything. PostgreSQL accepts entries only where they continue the balances, so an account that somebody else
    /// has moved meanwhile fails the statement, and nothing was written. A refusal is never given from memory.
    async fn post_from_memory(&mut self, batch: &Batch) -> Option<Outcomes> {
        let mut desk = self.memory.desk(&batch.drafts)?;
        let decisions = batch.decide(&mut desk, self.books.now());
        if decisions.iter().any(Result::is_err) {
            return None;
        }
        let conn = self.db.conn().await.ok()?;
        let decided: Vec<_> = decisions.iter().flatten().collect();
        let accepted = batch.drafts.iter().zip(decided).filter(|(_, decided)| !decided.entries().is_empty()).collect();
        match insert_posted(&conn, accepted).await {
            Ok(()) => {
                self.memory.learn(desk);
                self.memory.trust();
                Some(decisions.into_iter().map(|decision| decision.map(|decided| decided.receipt)).collect())
            }
            Err(error) => {
                // About a transfer, not about the accounts: an id that is taken, a reversal that is none.
                let accounts_moved = !error.violated_constraint().is_some_and(|name| name.starts_with("transfers_"));
                tracing::debug!(%error, accounts_moved, "posting from memory failed, reading first");
                if accounts_moved {
                    self.memory.distrust();
                }
                None
            }
        }
    }

    async fn transact(&mut self, batch: &Arc<Batch>) -> Answer {
        let books = &self.books;
        let transacted: Result<_, PostError> = self
            .db
            .transaction(async |conn| {
                let mut desk = books.lock(conn, &batch.drafts).await?;
                let decisions = batch.decide(&mut desk, books.now());
                write(conn, &batch.drafts, &decisions).await?;
                Ok((desk, decisions))
            })
            .await;
        let (desk, decisions) = transacted?;
        self.memory.learn(desk);
        Ok(decisions.into_iter().map(|decision| decision.map(|decided| decided.receipt)).collect())
    }

    /// One bad draft must not fail the others. What the database refuses for one alone is the answer to that one.
    async fn replay(&mut self, batch: &Batch, answers: Vec<oneshot::Sender<Answer>>, error: PostError) {
        let out_of_reach = store::is_unavailable(&error);
        let mut failed = (answers.len() == 1 && !matches!(error, PostError::Raced)).then_some(error);
        for (answer, alone) in answers.into_iter().zip(batch.requests()) {
            let outcome = match failed.take() {
                Some(error) => Err(error),
                None => self.transact(&Arc::new(alone)).await,
            };
            let unavailable = outcome.as_ref().is_err_and(|error| store::is_unavailable(error));
            let _ = answer.send(outcome);
            if out_of_reach && unavailable {
                // The rest would wait for a connection one after the other: they are told by their closed channel.
                return;
            }
        }
    }
}
