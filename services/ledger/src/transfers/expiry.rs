//! Holds whose time is over are let go.

use std::time::Duration;

use jiff::Timestamp;
use kernel::TransferId;
use service_kit::Job;
use store::Db;

use super::{
    Action, Books, PostError, TransferDraft,
    store::{DueHold, due_holds, next_expiry},
};
use crate::startup::App;

/// Holds of one transaction.
const AT_ONCE: i64 = 100;

/// Expires every open hold whose time is over, and answers how many they were. A hold that somebody captures at the same
/// instant is theirs or ours; the other one is refused.
pub async fn expire_due_holds(db: &Db, books: &Books) -> Result<usize, PostError> {
    let mut expired = 0;
    loop {
        let now = books.now();
        let due = due_holds(&mut *db.conn().await?, now, AT_ONCE).await?;
        let drafts = due.iter().map(expiry).collect::<Result<Vec<_>, PostError>>()?;
        if drafts.is_empty() {
            return Ok(expired);
        }
        let drafts = &drafts;
        let outcomes: Result<_, PostError> =
            db.transaction(async |conn| books.post_each_in_tx(conn, drafts).await).await;
        let count = outcomes?.into_iter().flatten().count();
        expired += count;
        if count == 0 {
            return Ok(expired);
        }
    }
}

fn expiry(hold: &DueHold) -> Result<TransferDraft, PostError> {
    let id = TransferId::derived(hold.id.uuid(), "expired");
    Ok(TransferDraft::of(id, hold.kind, hold.source.clone(), hold.expires_at, Action::Expire(hold.id))?)
}

pub fn job() -> Job<App> {
    Job::new("expire_holds", Duration::from_secs(1), |app: &App, _| {
        Box::pin(async {
            expire_due_holds(&app.db, &app.books).await?;
            Ok(())
        })
    })
    .due(|app| Box::pin(async { Ok::<Option<Timestamp>, _>(next_expiry(&mut *app.db.conn().await?).await?) }))
}
