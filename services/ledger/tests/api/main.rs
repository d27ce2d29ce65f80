//! The ledger in process, on a database of its own.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests fail by panicking")]

mod adjustments;
mod auditor;
mod balances;
mod batches;
mod books;
mod commission;
mod credits;
mod desk;
mod disputes;
mod exchanges;
mod exports;
mod history;
mod holds;
mod internal;
mod matrix;
mod payouts;
mod periods;
mod posting;
mod reconciliation;
mod roles;
mod seals;
mod statements;
mod stories;
mod support;
mod turnover;
