//! The ledger in process, on a database of its own.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail by panicking")]

mod auditor;
mod balances;
mod batches;
mod books;
mod holds;
mod periods;
mod posting;
mod roles;
mod seals;
mod statements;
mod stories;
mod support;
