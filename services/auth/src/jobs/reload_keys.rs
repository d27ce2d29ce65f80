//! Notices that another process has rotated the signing keys.

use std::time::Duration;

use service_kit::Job;

use crate::App;

pub fn job() -> Job<App> {
    Job {
        name: "reload_keys",
        // A key that has retired meanwhile verifies for an hour.
        every: Duration::from_secs(30),
        next_due: |_| Box::pin(async { Ok(None) }),
        run: |app, now| Box::pin(async move { Ok(app.keyring.load(now).await?) }),
    }
}
