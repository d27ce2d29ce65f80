//! The ledger in process, on a database of its own.

mod auditor;
mod balances;
mod books;
mod posting;
mod statements;
mod stories;
mod support;
