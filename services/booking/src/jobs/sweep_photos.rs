//! Removes photos that no room shows any more.

use std::time::Duration;

use service_kit::Job;

use crate::{photos, startup::App};

pub fn sweep_photos() -> Job<App> {
    Job::new("sweep_photos", Duration::from_secs(300), |app, now| {
        Box::pin(async move { Ok(photos::sweep(app, now).await?) })
    })
}
