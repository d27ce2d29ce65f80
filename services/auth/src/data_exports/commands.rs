//! Asking for an export, making it, fetching it, and removing it.

use jiff::Timestamp;
use kernel::{DataExportId, UserId};

use super::{
    DataExport, ExportError, ExportState, archive,
    model::{LASTS_FOR, LIFETIME, MAX_ATTEMPTS},
    store,
};
use crate::{
    App,
    actor::Actor,
    audit::{self, AuditKind},
};

/// Asks for an archive; one that is pending already, or less than a day old, is answered again.
pub async fn request_export(app: &App, actor: &Actor) -> Result<DataExport, ExportError> {
    let now = app.clock.now();
    let export = app
        .db
        .transaction(async |conn| {
            let since = now - LASTS_FOR;
            if let Some(recent) = store::find_recent(conn, actor.user_id, since).await? {
                return Ok(recent);
            }
            let Some(export) = store::insert(conn, actor.user_id, now).await? else {
                return store::find_recent(conn, actor.user_id, since).await?.ok_or(ExportError::NotReady);
            };
            let told = actor.did(AuditKind::DataExported, now).about(actor.user_id);
            audit::record_in_tx(conn, &told).await?;
            Ok(export)
        })
        .await?;
    app.jobs.notify();
    Ok(export)
}

pub async fn find_export(app: &App, user_id: UserId, id: DataExportId) -> Result<DataExport, ExportError> {
    let mut conn = app.db.conn().await?;
    store::find(&mut conn, user_id, id).await?.ok_or(ExportError::NotFound)
}

/// The archive as it was written.
pub async fn fetch_archive(app: &App, user_id: UserId, id: DataExportId) -> Result<bytes::Bytes, ExportError> {
    let export = find_export(app, user_id, id).await?;
    match export.state_at(app.clock.now()) {
        ExportState::Ready => app.storage.get(&export.key()).await?.ok_or(ExportError::Expired),
        ExportState::Pending => Err(ExportError::NotReady),
        ExportState::Failed => Err(ExportError::NotFound),
        ExportState::Expired | ExportState::Discarded => Err(ExportError::Expired),
    }
}

/// Makes every archive that is asked for.
pub async fn build_due(app: &App, now: Timestamp) -> Result<(), ExportError> {
    loop {
        let claimed = store::claim(&mut *app.db.conn().await?).await?;
        let Some(export) = claimed else { return Ok(()) };
        if let Err(error) = build(app, &export, now).await {
            give_up_or_postpone(app, &export, &error).await?;
        }
    }
}

async fn build(app: &App, export: &DataExport, now: Timestamp) -> Result<(), ExportError> {
    let archive = archive::collect(app, export, now).await?;
    app.storage.put(&export.key(), serde_json::to_vec_pretty(&archive)?.into()).await?;
    let kept = store::mark_ready(&mut *app.db.conn().await?, export.id, now).await?;
    if !kept {
        app.storage.delete(&export.key()).await?;
    }
    Ok(())
}

async fn give_up_or_postpone(app: &App, export: &DataExport, error: &ExportError) -> Result<(), ExportError> {
    let mut conn = app.db.conn().await?;
    if export.attempts >= MAX_ATTEMPTS {
        tracing::error!(export = %export.id, %error, "an archive of personal data could not be made");
        store::mark_failed(&mut conn, export.id, app.clock.now() + LIFETIME).await?;
    } else {
        tracing::warn!(export = %export.id, %error, "an archive of personal data is postponed");
        store::postpone(&mut conn, export.id).await?;
    }
    Ok(())
}

const BATCH: i64 = 100;

/// Removes the archives whose time is over. One that cannot be removed stays for the next time and holds up none of the
/// others.
pub async fn sweep(app: &App, now: Timestamp) -> Result<(), ExportError> {
    let mut after = None;
    loop {
        let over = store::list_over(&mut *app.db.conn().await?, now, (after, BATCH)).await?;
        let Some(last) = over.last() else { return Ok(()) };
        after = Some(last.id);
        for export in over {
            if let Err(error) = remove(app, &export).await {
                tracing::warn!(export = %export.id, %error, "an archive could not be removed");
            }
        }
    }
}

async fn remove(app: &App, export: &DataExport) -> Result<(), ExportError> {
    app.storage.delete(&export.key()).await?;
    Ok(store::mark_discarded(&mut *app.db.conn().await?, export.id).await?)
}
