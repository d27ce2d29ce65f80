//! Puts archives of personal data together.

use std::time::Duration;

use service_kit::Job;

use crate::{App, data_exports};

pub fn job() -> Job<App> {
    Job {
        name: "build_exports",
        every: Duration::from_secs(10),
        // An archive is due as soon as it is asked for; only failures wait, and they wait by real time.
        next_due: |_| Box::pin(async { Ok(None) }),
        run: |app, now| Box::pin(async move { Ok(data_exports::build_due(app, now).await?) }),
    }
}
