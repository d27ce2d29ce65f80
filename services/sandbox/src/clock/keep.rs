//! Keeping every clock where it belongs: at the start of the sandbox, and when a service has started anew.

use anyhow::Context as _;
use diesel_async::{AsyncConnection, AsyncPgConnection};
use jiff::SignedDuration;
use secrecy::ExposeSecret;
use service_kit::Platform;

use super::{services, store};
use crate::{config::refuse_outside_development, state::Sandbox};

/// Two clocks of one machine that are asked one after the other differ by less.
const TOLERANCE: SignedDuration = SignedDuration::from_millis(900);

/// Sets the clock of this process from the sandbox's database, which must be migrated. For a process that runs all
/// services: before any of them starts, so that none decides by the wrong time. Does nothing outside development.
pub async fn restore(platform: &Platform) -> anyhow::Result<()> {
    let Some(clock) = &platform.movable_clock else { return Ok(()) };
    refuse_outside_development(&platform.source)?;
    let url = platform.source.database_url("sandbox")?;
    let mut conn = AsyncPgConnection::establish(url.expose_secret()).await.context("reading the sandbox clock")?;
    clock.set_offset_secs(store::offset_secs(&mut conn).await?);
    Ok(())
}

/// Brings a clock that has another time, because its service has started anew, to where the others stand. Silent while
/// the clock was never moved.
pub async fn keep_clocks(app: &Sandbox) -> anyhow::Result<()> {
    // Somebody is moving them already.
    let Ok(_alone) = app.moving.try_lock() else { return Ok(()) };
    let mut conn = app.db.conn().await?;
    let offset_secs = store::offset_secs(&mut conn).await?;
    drop(conn);
    if offset_secs == 0 {
        return Ok(());
    }
    for service in &app.config.clock_services {
        let Ok(state) = services::read_one(app, service).await else { continue };
        let expected = kernel::clock::real_now() + SignedDuration::from_secs(offset_secs);
        if expected.duration_since(state.now).abs() > TOLERANCE {
            tracing::info!(service, offset_secs, "setting a clock that had another time");
            services::move_one(app, service, offset_secs).await?;
        }
    }
    Ok(())
}
