//! Decides the requests that a process took in and could not decide before it ended.

use std::time::Duration;

use service_kit::Job;

use crate::{App, intake};

pub fn job() -> Job<App> {
    // A request is due as soon as it is written down.
    Job::new("decide_requests", Duration::from_secs(5), |app, _| Box::pin(intake::decide_left(app)))
}
