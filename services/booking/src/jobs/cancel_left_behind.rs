//! Bookings that lie ahead in rooms that are gone are cancelled, wherever a deletion did not get to them.

use std::time::Duration;

use service_kit::Job;

use crate::{startup::App, upcoming};

pub fn cancel_left_behind() -> Job<App> {
    // It is always due, and never later.
    Job::new("cancel_left_behind", Duration::from_secs(5), |app, _| {
        Box::pin(async move { Ok(upcoming::commands::cancel_left_behind(app).await?) })
    })
}
