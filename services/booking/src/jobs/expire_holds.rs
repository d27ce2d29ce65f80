//! Writes down that unpaid holds have expired and tells the others; their rooms were free again already.

use std::time::Duration;

use service_kit::Job;

use crate::{
    bookings::{commands::sweep, store::Due},
    startup::App,
};

pub fn expire_holds() -> Job<App> {
    Job {
        name: "expire_holds",
        every: Duration::from_secs(1),
        next_due: |app| Box::pin(super::next(app, Due::HoldExpiry)),
        run: |app, now| Box::pin(async move { Ok(sweep(app, Due::HoldExpiry, now).await?) }),
    }
}
