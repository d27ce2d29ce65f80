//! The pool of a service's own database, and transactions on it.

use std::time::Duration;

use diesel_async::{
    AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, TransactionManager,
    pooled_connection::{
        AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
        deadpool::{Object, Pool},
    },
};

use crate::{Error, OutOfReach, error::is_retryable};

/// A connection as stores see it.
pub type Conn = AsyncPgConnection;

/// A connection borrowed from the pool.
pub type PooledConn = Object<Conn>;

/// How long a caller waits for a free connection before it is told 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// A lost race is retried this often before the caller hears of it.
const MAX_ATTEMPTS: u32 = 8;

/// A service's own database.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Conn>,
}

impl Db {
    /// A pool of at most `max_size` connections. Opens none yet: a database that is away at start-up is reported by
    /// readiness, not by a crash.
    pub fn new(url: &str, max_size: usize) -> anyhow::Result<Self> {
        let mut config = ManagerConfig::default();
        // The first statement on a dead connection fails and drops it; a round trip before each use would cost more.
        config.recycling_method = RecyclingMethod::Fast;
        let manager = AsyncDieselConnectionManager::<Conn>::new_with_config(url, config);
        let pool = Pool::builder(manager)
            .max_size(max_size)
            .wait_timeout(Some(ACQUIRE_TIMEOUT))
            .create_timeout(Some(ACQUIRE_TIMEOUT))
            .runtime(deadpool::Runtime::Tokio1)
            .build()?;
        Ok(Self { pool })
    }

    /// A connection outside any transaction, for reads of one statement.
    pub async fn conn(&self) -> Result<PooledConn, Error> {
        self.pool.get().await.map_err(|error| OutOfReach(error.to_string()).into())
    }

    /// Runs `work` in one transaction (READ COMMITTED): committed when it answers `Ok`, rolled back on `Err`.
    ///
    /// A transaction that lost a race (40001, 40P01) is run again, so `work` must have no effect but on `conn`: no
    /// network call, no channel (an `AsyncFn` cannot change what it captures). When the future is dropped the connection
    /// is discarded and PostgreSQL rolls back.
    pub async fn transaction<R, E, F>(&self, work: F) -> Result<R, E>
    where
        for<'r> F: AsyncFn(&'r mut Conn) -> Result<R, E> + TransactionWork<&'r mut Conn, Result<R, E>, Fut: Send>,
        E: From<Error> + std::error::Error + 'static,
    {
        let mut attempt = 1;
        loop {
            let error = match self.attempt(&work).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if attempt == MAX_ATTEMPTS || !is_retryable(&error) {
                return Err(error);
            }
            tracing::debug!(attempt, %error, "transaction lost a race, running it again");
            tokio::time::sleep(Duration::from_millis(u64::from(attempt) * 5)).await;
            attempt += 1;
        }
    }

    async fn attempt<R, E, F>(&self, work: &F) -> Result<R, E>
    where
        for<'r> F: AsyncFn(&'r mut Conn) -> Result<R, E> + TransactionWork<&'r mut Conn, Result<R, E>, Fut: Send>,
        E: From<Error>,
    {
        let mut conn = self.conn().await?;
        AnsiTransactionManager::begin_transaction(&mut *conn).await.map_err(Error::from)?;
        match work(&mut conn).await {
            Ok(value) => {
                AnsiTransactionManager::commit_transaction(&mut *conn).await.map_err(Error::from)?;
                Ok(value)
            }
            Err(error) => {
                // A connection that cannot even roll back is dropped by the pool; PostgreSQL rolls back on its own.
                if let Err(rollback) = AnsiTransactionManager::rollback_transaction(&mut *conn).await {
                    tracing::debug!(%rollback, "rollback failed");
                }
                Err(error)
            }
        }
    }

    /// One round trip; readiness asks it.
    pub async fn ping(&self) -> Result<(), Error> {
        let mut conn = self.conn().await?;
        diesel::sql_query("SELECT 1").execute(&mut *conn).await?;
        Ok(())
    }

    /// Closes the pool; connections in use end when they are returned.
    pub fn close(&self) {
        self.pool.close();
    }
}

/// Runs `work` inside the caller's transaction: what it has done is undone when it answers `Err`, and the transaction
/// goes on. Locks that it has taken are kept.
pub async fn savepoint<R, E, F>(conn: &mut Conn, work: F) -> Result<R, E>
where
    for<'r> F: AsyncFn(&'r mut Conn) -> Result<R, E> + TransactionWork<&'r mut Conn, Result<R, E>, Fut: Send>,
    E: From<Error>,
{
    // Inside a transaction diesel begins, commits and rolls back savepoints.
    AnsiTransactionManager::begin_transaction(conn).await.map_err(Error::from)?;
    match work(conn).await {
        Ok(value) => {
            AnsiTransactionManager::commit_transaction(conn).await.map_err(Error::from)?;
            Ok(value)
        }
        Err(error) => {
            AnsiTransactionManager::rollback_transaction(conn).await.map_err(Error::from)?;
            Err(error)
        }
    }
}

/// Names the future of an async closure so that it can be required to be `Send`. Implemented for every closure that
/// fits; nobody implements it by hand.
pub trait TransactionWork<T, R>: Fn(T) -> Self::Fut {
    type Fut: Future<Output = R>;
}

impl<F, T, Fut, R> TransactionWork<T, R> for F
where
    F: Fn(T) -> Fut,
    Fut: Future<Output = R>,
{
    type Fut = Fut;
}
