//! Reads the calendars that rooms import, each every quarter of an hour.

use std::time::Duration;

use service_kit::Job;

use crate::{calendars::commands::import_due, startup::App};

pub fn import_calendars() -> Job<App> {
    Job {
        name: "import_calendars",
        every: Duration::from_secs(20),
        // Other people's calendars do not follow the sandbox's clock, so it need not stop for them.
        next_due: |_| Box::pin(async { Ok(None) }),
        run: |app, now| Box::pin(async move { import_due(app, now).await }),
    }
}
