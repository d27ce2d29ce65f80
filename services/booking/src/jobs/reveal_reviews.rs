//! Reviews that have waited long enough for the other side's count in the ratings of their studios.

use std::time::Duration;

use service_kit::Job;

use crate::{
    reviews::{commands::count_revealed, store::next_reveal},
    startup::App,
};

pub fn reveal_reviews() -> Job<App> {
    Job {
        name: "reveal_reviews",
        every: Duration::from_secs(60),
        next_due: |app| Box::pin(async move { Ok(next_reveal(&mut *app.db.conn().await?).await?) }),
        run: |app, now| Box::pin(async move { Ok(count_revealed(app, now).await?) }),
    }
}
