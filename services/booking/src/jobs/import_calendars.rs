//! Reads the calendars that rooms import, each every quarter of an hour.

use std::time::Duration;

use service_kit::Job;

use crate::{calendars::commands::import_due, startup::App};

pub fn import_calendars() -> Job<App> {
    // Other people's calendars do not follow the sandbox's clock, so it need not stop for them.
    Job::new("import_calendars", Duration::from_secs(20), |app, now| Box::pin(import_due(app, now)))
}
