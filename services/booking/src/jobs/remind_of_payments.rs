//! Reminds of what is due: before a hold expires, and before a booking begins that is not paid in full.

use std::time::Duration;

use jiff::Timestamp;
use service_kit::Job;

use crate::{
    bookings::{commands::remind, model::ReminderKind, store::next_reminder_due},
    startup::App,
};

pub fn remind_of_payments() -> Job<App> {
    Job::new("remind_of_payments", Duration::from_secs(30), |app, now| {
        Box::pin(async move {
            for kind in ReminderKind::ALL {
                remind(app, kind, now).await?;
            }
            Ok(())
        })
    })
    .due(|app| Box::pin(next(app)))
}

async fn next(app: &App) -> anyhow::Result<Option<Timestamp>> {
    let (mut conn, now) = (app.db.conn().await?, app.clock.now());
    let mut earliest = None;
    for kind in ReminderKind::ALL {
        let due = next_reminder_due(&mut conn, kind, now).await?;
        earliest = earliest.into_iter().chain(due).min();
    }
    Ok(earliest)
}
