//! Confirmed bookings are completed when their time is over.

use std::time::Duration;

use service_kit::Job;

use crate::{
    bookings::{commands::sweep, store::Due},
    startup::App,
};

pub fn complete_bookings() -> Job<App> {
    Job::new("complete_bookings", Duration::from_secs(5), |app, now| {
        Box::pin(async move { Ok(sweep(app, Due::Completion, now).await?) })
    })
    .due(|app| Box::pin(super::next(app, Due::Completion)))
}
