//! Writes down that unpaid holds have expired and tells the others; their rooms were free again already.

use std::time::Duration;

use service_kit::Job;

use crate::{
    bookings::{commands::sweep, store::Due},
    startup::App,
};

pub fn expire_holds() -> Job<App> {
    Job::new("expire_holds", Duration::from_secs(1), |app, now| {
        Box::pin(async move { Ok(sweep(app, Due::HoldExpiry, now).await?) })
    })
    .due(|app| Box::pin(super::next(app, Due::HoldExpiry)))
}
