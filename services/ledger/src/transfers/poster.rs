//! Group commit: the drafts of many callers in one transaction, each answered by itself.
//!
//! A hot account is locked once a transaction, however many of its drafts are waiting. A lone draft waits for nobody:
//! the loop takes what is there and starts.

use std::sync::Arc;

use store::Db;
use tokio::sync::{mpsc, oneshot};

use super::{Books, PostError, Receipt, Refusal, TransferDraft};

/// Drafts in one transaction.
const MAX_BATCH: usize = 1_000;

/// Drafts that may wait before callers have to.
const QUEUE: usize = 10_000;

struct Request {
    draft: TransferDraft,
    answer: oneshot::Sender<Result<Receipt, PostError>>,
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
        tokio::spawn(run(Loop { db, books }, queue));
        Self { requests }
    }

    /// Posts one transfer; the answer comes after the commit. The same id with the same content gets the same answer
    /// again. On `Err` nothing of it was written, except that after [`PostError::Store`] nobody knows: ask again.
    pub async fn post(&self, draft: TransferDraft) -> Result<Receipt, PostError> {
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request { draft, answer }).await.map_err(|_| PostError::Unanswered)?;
        answered.await.map_err(|_| PostError::Unanswered)?
    }
}

struct Loop {
    db: Db,
    books: Books,
}

async fn run(posting: Loop, mut queue: mpsc::Receiver<Request>) {
    let mut waiting = Vec::new();
    while queue.recv_many(&mut waiting, MAX_BATCH).await > 0 {
        // Those who were answered a moment ago get their turn to ask again before the next transaction begins.
        tokio::task::yield_now().await;
        while waiting.len() < MAX_BATCH
            && let Ok(request) = queue.try_recv()
        {
            waiting.push(request);
        }
        posting.post_batch(std::mem::take(&mut waiting)).await;
    }
}

impl Loop {
    async fn post_batch(&self, requests: Vec<Request>) {
        let (drafts, answers): (Vec<_>, Vec<_>) =
            requests.into_iter().map(|request| (request.draft, request.answer)).unzip();
        let drafts: Arc<[TransferDraft]> = drafts.into();
        match self.transact(&drafts).await {
            Ok(outcomes) => {
                for (answer, outcome) in answers.into_iter().zip(outcomes) {
                    // A caller that has gone away is not told; the transfer stands.
                    let _ = answer.send(outcome.map_err(PostError::from));
                }
            }
            Err(error) => {
                tracing::debug!(%error, drafts = drafts.len(), "batch failed, replaying it one by one");
                self.replay(&drafts, answers, error).await;
            }
        }
    }

    /// One bad draft must not fail the others. What the database refuses for one alone is the answer to that one.
    async fn replay(
        &self,
        drafts: &[TransferDraft],
        answers: Vec<oneshot::Sender<Result<Receipt, PostError>>>,
        error: PostError,
    ) {
        let out_of_reach = matches!(&error, PostError::Store(error) if error.is_unavailable());
        let mut failed = (drafts.len() == 1 && !matches!(error, PostError::Raced)).then_some(error);
        for (draft, answer) in drafts.iter().zip(answers) {
            let outcome = match failed.take() {
                Some(error) => Err(error),
                None => self.post_alone(draft).await,
            };
            let unavailable = matches!(&outcome, Err(PostError::Store(error)) if error.is_unavailable());
            let _ = answer.send(outcome);
            if out_of_reach && unavailable {
                // The rest would wait for a connection one after the other: they are told by their closed channel.
                return;
            }
        }
    }

    async fn post_alone(&self, draft: &TransferDraft) -> Result<Receipt, PostError> {
        let outcomes = self.transact(std::slice::from_ref(draft)).await?;
        outcomes.into_iter().next().ok_or(PostError::Unanswered)?.map_err(PostError::from)
    }

    async fn transact(&self, drafts: &[TransferDraft]) -> Result<Vec<Result<Receipt, Refusal>>, PostError> {
        self.db.transaction(async |conn| self.books.post_each_in_tx(conn, drafts).await).await
    }
}
