//! Notices that another process has rotated the signing keys.

use std::time::Duration;

use service_kit::Job;

use crate::App;

pub fn job() -> Job<App> {
    // A key that has retired meanwhile verifies for an hour.
    Job::new("reload_keys", Duration::from_secs(30), |app, now| {
        Box::pin(async move { Ok(app.keyring.load(now).await?) })
    })
}
