//! Confirmed bookings are completed when their time is over.

use std::time::Duration;

use service_kit::Job;

use crate::{
    bookings::{commands::sweep, store::Due},
    startup::App,
};

pub fn complete_bookings() -> Job<App> {
    Job {
        name: "complete_bookings",
        every: Duration::from_secs(5),
        next_due: |app| Box::pin(super::next(app, Due::Completion)),
        run: |app, now| Box::pin(async move { Ok(sweep(app, Due::Completion, now).await?) }),
    }
}
