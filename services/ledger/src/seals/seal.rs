//! Sealing what has been posted.

use std::time::Duration;

use jiff::Timestamp;
use service_kit::Job;
use store::{Db, Error};
use tokio::sync::Mutex;

use super::{
    model::Seal,
    store::{contents, insert_seal, last_given_seq, last_seal, next_transaction, oldest_transaction},
};
use crate::startup::App;

/// Transfers in one seal.
const AT_ONCE: i64 = 500;

/// Numbers that had been given out, and the first transaction that had not begun by then: when all before it have
/// ended, no transfer with such a number can appear any more.
#[derive(Debug, Clone, Copy)]
struct Mark {
    seq: i64,
    transaction: i64,
}

/// Extends the chain. Several processes may do so: one of them wins each seal.
#[derive(Debug, Default)]
pub struct Sealer {
    mark: Mutex<Option<Mark>>,
}

impl Sealer {
    /// Seals everything that is settled; answers how many transfers that were.
    pub async fn seal(&self, db: &Db, now: Timestamp) -> Result<usize, Error> {
        let mut mark = self.mark.lock().await;
        let mut conn = db.conn().await?;
        if mark.is_none() {
            // In this order: the number is older than the transaction.
            let seq = last_given_seq(&mut conn).await?;
            *mark = Some(Mark { seq, transaction: next_transaction(&mut conn).await? });
        }
        let Some(settled) = *mark else { return Ok(0) };
        if oldest_transaction(&mut conn).await? < settled.transaction {
            return Ok(0);
        }
        *mark = None;
        let mut count = 0;
        loop {
            let last = last_seal(&mut conn).await?;
            let after = last.as_ref().map_or(0, |seal| seal.through_seq);
            let transfers = contents(&mut conn, after, settled.seq, AT_ONCE).await?;
            let Some(newest) = transfers.last() else { return Ok(count) };
            let seal = Seal::over(last.as_ref(), newest.seq, &transfers);
            if !insert_seal(&mut conn, &seal, now).await? {
                return Ok(count);
            }
            count += transfers.len();
        }
    }
}

pub fn job() -> Job<App> {
    Job::new("seal", Duration::from_secs(1), |app, now| {
        Box::pin(async move {
            app.sealer.seal(&app.db, now).await?;
            Ok(())
        })
    })
}
