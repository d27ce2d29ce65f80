//! Reviews that have waited long enough for the other side's count in the ratings of their studios.

use std::time::Duration;

use service_kit::Job;

use crate::{
    reviews::{commands::count_revealed, store::next_reveal},
    startup::App,
};

pub fn reveal_reviews() -> Job<App> {
    Job::new("reveal_reviews", Duration::from_secs(60), |app, now| {
        Box::pin(async move { Ok(count_revealed(app, now).await?) })
    })
    .due(|app| Box::pin(async move { Ok(next_reveal(&mut *app.db.conn().await?).await?) }))
}
