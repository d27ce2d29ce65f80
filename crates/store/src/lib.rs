//! PostgreSQL: pools, transactions and migrations. One database per service.

mod db;
mod error;
mod migrate;
pub mod sql;

pub use db::{Conn, Db, PooledConn, TransactionWork};
pub use error::{Error, is_retryable, violated_constraint};
pub use migrate::{Migrations, ensure_database, migrate};
