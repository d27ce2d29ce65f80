//! Decides the requests that a process took in and could not decide before it ended.

use std::time::Duration;

use service_kit::Job;

use crate::{App, intake};

pub fn job() -> Job<App> {
    Job {
        name: "decide_requests",
        every: Duration::from_secs(5),
        // A request is due as soon as it is written down.
        next_due: |_| Box::pin(async { Ok(None) }),
        run: |app, _| Box::pin(intake::decide_left(app)),
    }
}
