//! Sends the mails that are due.

use jiff::Timestamp;

use crate::{App, mails};

pub async fn run(app: &App, now: Timestamp) -> anyhow::Result<()> {
    mails::dispatch_due(app, now).await
}
