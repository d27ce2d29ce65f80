//! Requests that the studio has not answered in time expire.

use std::time::Duration;

use service_kit::Job;

use crate::{
    bookings::{commands::sweep, store::Due},
    startup::App,
};

pub fn expire_requests() -> Job<App> {
    Job {
        name: "expire_requests",
        every: Duration::from_secs(5),
        next_due: |app| Box::pin(super::next(app, Due::RequestExpiry)),
        run: |app, now| Box::pin(async move { Ok(sweep(app, Due::RequestExpiry, now).await?) }),
    }
}
