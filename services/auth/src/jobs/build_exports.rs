//! Puts archives of personal data together.

use std::time::Duration;

use service_kit::Job;

use crate::{App, data_exports};

pub fn job() -> Job<App> {
    // An archive is due as soon as it is asked for; only failures wait, and they wait by real time.
    Job::new("build_exports", Duration::from_secs(10), |app, now| {
        Box::pin(async move { Ok(data_exports::build_due(app, now).await?) })
    })
}
