//! Offers rooms that have become free to whoever waits for them.

use std::time::Duration;

use service_kit::Job;

use crate::{startup::App, waitlist::commands::offer_openings};

pub fn offer_waitlist() -> Job<App> {
    // What has become free is offered at once; when an offer ends is its hold's affair.
    Job::new("offer_waitlist", Duration::from_secs(1), |app, _| Box::pin(async move { Ok(offer_openings(app).await?) }))
}
