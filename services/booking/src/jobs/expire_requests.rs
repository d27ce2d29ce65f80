//! Requests that the studio has not answered in time expire.

use std::time::Duration;

use service_kit::Job;

use crate::{
    bookings::{commands::sweep, store::Due},
    startup::App,
};

pub fn expire_requests() -> Job<App> {
    Job::new("expire_requests", Duration::from_secs(5), |app, now| {
        Box::pin(async move { Ok(sweep(app, Due::RequestExpiry, now).await?) })
    })
    .due(|app| Box::pin(super::next(app, Due::RequestExpiry)))
}
