//! Every day is compared when it is over, and the days before it once more: what came late is resolved then.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use service_kit::Job;

use super::{commands::reconcile_in_tx, store::providers};
use crate::startup::App;

/// Days that are looked at again.
const DAYS: i64 = 7;

const HOURS: i64 = 24;

pub async fn reconcile_days(app: &App, now: Timestamp) -> anyhow::Result<()> {
    let today = now.to_zoned(TimeZone::UTC).start_of_day()?.timestamp();
    let providers = providers(&mut *app.db.conn().await?).await?;
    for provider in providers {
        let provider = provider.parse()?;
        for day in 1..=DAYS {
            let from = today - SignedDuration::from_hours(day * HOURS);
            let span = (from, from + SignedDuration::from_hours(HOURS));
            let (provider, span) = (&provider, &span);
            let compared: Result<_, store::Error> =
                app.db.transaction(async |conn| reconcile_in_tx(conn, provider, *span, now).await).await;
            compared?;
        }
    }
    Ok(())
}

pub fn job() -> Job<App> {
    Job::new("reconcile", Duration::from_secs(3_600), |app, now| {
        Box::pin(async move { if app.reconciliations.is_due(now) { reconcile_days(app, now).await } else { Ok(()) } })
    })
}
