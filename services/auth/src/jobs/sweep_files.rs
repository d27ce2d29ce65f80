//! Removes photos that nobody shows any more and archives whose time is over.

use std::time::Duration;

use jiff::Timestamp;
use service_kit::Job;

use crate::{App, data_exports, photos};

pub fn job() -> Job<App> {
    Job::new("sweep_files", Duration::from_secs(300), |app, now| Box::pin(sweep(app, now)))
}

async fn sweep(app: &App, now: Timestamp) -> anyhow::Result<()> {
    // Neither waits for the other's store to be in order.
    let (photos, exports) = (photos::sweep(app, now).await, data_exports::sweep(app, now).await);
    photos?;
    Ok(exports?)
}
