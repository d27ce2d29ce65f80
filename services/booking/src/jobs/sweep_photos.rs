//! Removes photos that no room shows any more.

use std::time::Duration;

use service_kit::Job;

use crate::{photos, startup::App};

pub fn sweep_photos() -> Job<App> {
    Job {
        name: "sweep_photos",
        every: Duration::from_secs(300),
        // Nobody waits for it.
        next_due: |_| Box::pin(async { Ok(None) }),
        run: |app, now| Box::pin(async move { Ok(photos::sweep(app, now).await?) }),
    }
}
