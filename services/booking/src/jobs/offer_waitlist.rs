//! Offers rooms that have become free to whoever waits for them.

use std::time::Duration;

use service_kit::Job;

use crate::{startup::App, waitlist::commands::offer_openings};

pub fn offer_waitlist() -> Job<App> {
    Job {
        name: "offer_waitlist",
        every: Duration::from_secs(1),
        // What has become free is offered at once; when an offer ends is its hold's affair.
        next_due: |_| Box::pin(async { Ok(None) }),
        run: |app, _| Box::pin(async move { Ok(offer_openings(app).await?) }),
    }
}
