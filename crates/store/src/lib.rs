//! PostgreSQL: pools, transactions and migrations. One database per service.

mod db;
mod error;
mod migrate;
mod role;
pub mod sql;

pub use db::{Conn, Db, PooledConn, TransactionWork, savepoint};
pub use error::{Error, OutOfReach, is_retryable, is_unavailable, violated_constraint};
pub use migrate::{Migrations, ensure_database, migrate};
pub use role::ensure_login;
