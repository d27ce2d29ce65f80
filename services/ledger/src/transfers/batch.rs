//! The drafts of several requests, one after the other; pure.

use std::ops::Range;

use jiff::Timestamp;

use super::{
    Receipt, Refusal, TransferDraft,
    decide::{Decided, decide, decide_whole},
    desk::Desk,
};

/// How the drafts of one request hang together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Each is decided by itself.
    Each,
    /// All of them are posted, or none.
    Whole,
}

/// One answer for each draft, in their order.
pub type Outcomes = Vec<Result<Receipt, Refusal>>;

/// What is posted together.
#[derive(Debug, Default)]
pub struct Batch {
    pub drafts: Vec<TransferDraft>,
    requests: Vec<(Range<usize>, Mode)>,
}

impl Batch {
    pub fn push(&mut self, drafts: Vec<TransferDraft>, mode: Mode) {
        let start = self.drafts.len();
        self.drafts.extend(drafts);
        self.requests.push((start..self.drafts.len(), mode));
    }

    /// Decides all of it; of a request that is refused as a whole, every draft has the same refusal.
    pub fn decide(&self, desk: &mut Desk, now: Timestamp) -> Vec<Result<Decided, Refusal>> {
        let mut decisions = Vec::with_capacity(self.drafts.len());
        for (range, mode) in &self.requests {
            let drafts = &self.drafts[range.clone()];
            match mode {
                Mode::Each => decisions.extend(decide(desk, drafts, now)),
                Mode::Whole => match decide_whole(desk, drafts, now) {
                    Ok(decided) => decisions.extend(decided.into_iter().map(Ok)),
                    Err(refusal) => decisions.extend(drafts.iter().map(|_| Err(refusal.clone()))),
                },
            }
        }
        decisions
    }

    /// The outcomes by request.
    pub fn split(&self, outcomes: Outcomes) -> Vec<Outcomes> {
        let mut outcomes = outcomes.into_iter();
        self.requests.iter().map(|(range, _)| outcomes.by_ref().take(range.len()).collect()).collect()
    }

    /// Every request as a batch of its own.
    pub fn requests(&self) -> impl Iterator<Item = Self> + '_ {
        self.requests.iter().map(|(range, mode)| {
            let mut alone = Self::default();
            alone.push(self.drafts[range.clone()].to_vec(), *mode);
            alone
        })
    }
}
