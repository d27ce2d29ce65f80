//! Bookings that lie ahead in rooms that are gone are cancelled, wherever a deletion did not get to them.

use std::time::Duration;

use service_kit::Job;

use crate::{startup::App, upcoming};

pub fn cancel_left_behind() -> Job<App> {
    Job {
        name: "cancel_left_behind",
        every: Duration::from_secs(5),
        // It is always due, and never later.
        next_due: |_| Box::pin(async { Ok(None) }),
        run: |app, _| Box::pin(async move { Ok(upcoming::commands::cancel_left_behind(app).await?) }),
    }
}
