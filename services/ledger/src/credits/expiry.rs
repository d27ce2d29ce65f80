//! Credits whose time is over, and spends whose hold has expired.

use std::time::Duration;

use kernel::{CreditGrantId, TransferId};
use service_kit::Job;
use store::Conn;

use super::{
    CreditError,
    commands::{credit_legs, post, return_portions},
    store::{change_lot, close_spend, due_lots, lock_lot, lock_spend, next_expiry, orphaned_spends},
};
use crate::{startup::App, transfers::TransferKind};

/// Lots or spends of one look.
const AT_ONCE: i64 = 100;

/// Returns the credits of expired holds to their lots, then lets lots expire whose time is over.
pub async fn expire_credits(app: &App) -> Result<(), CreditError> {
    loop {
        let spends = orphaned_spends(&mut *app.db.conn().await?, AT_ONCE).await?;
        for hold_id in &spends {
            app.db.transaction(async |conn| release(conn, *hold_id).await).await?;
        }
        let lots = due_lots(&mut *app.db.conn().await?, app.clock.now(), AT_ONCE).await?;
        for lot in &lots {
            app.db.transaction(async |conn| expire_lot(app, conn, *lot).await).await?;
        }
        if spends.is_empty() && lots.is_empty() {
            return Ok(());
        }
    }
}

async fn release(conn: &mut Conn, hold_id: TransferId) -> Result<(), CreditError> {
    // Somebody may have captured it since we looked: then its row says so.
    match lock_spend(conn, hold_id).await? {
        Some(spend) if spend.captured.is_none() => {
            close_spend(conn, hold_id, 0).await?;
            return_portions(conn, hold_id, 0).await
        }
        _ => Ok(()),
    }
}

async fn expire_lot(app: &App, conn: &mut Conn, id: CreditGrantId) -> Result<(), CreditError> {
    let Some(lot) = lock_lot(conn, id).await? else { return Ok(()) };
    let Some(expires_at) = lot.expires_at.to_jiff() else { return Ok(()) };
    if lot.remaining == 0 || expires_at > app.clock.now() {
        return Ok(());
    }
    change_lot(conn, id, -lot.remaining).await?;
    let kind = TransferKind::CreditsExpired;
    let legs = credit_legs(kind, lot.user_id, lot.currency, lot.remaining)?;
    // Not derived from the lot: what a hold lets go later expires then, by another transfer. The lot is locked, and has
    // nothing left from here on.
    post(app, conn, (TransferId::new(), kind, &id.to_string()), expires_at, legs).await
}

pub fn job() -> Job<App> {
    Job::new("expire_credits", Duration::from_secs(30), |app, _| {
        Box::pin(async {
            expire_credits(app).await?;
            Ok(())
        })
    })
    .due(|app| Box::pin(async { Ok(next_expiry(&mut *app.db.conn().await?).await?) }))
}
