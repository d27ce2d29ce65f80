//! Yearly blackouts are written out for the years to come.

use std::time::Duration;

use service_kit::Job;

use crate::{
    blackouts::commands::{expand_blackouts as expand, next_expansion},
    startup::App,
};

pub fn expand_blackouts() -> Job<App> {
    Job::new("expand_blackouts", Duration::from_secs(3600), |app, now| {
        Box::pin(async move { Ok(expand(app, now).await?) })
    })
    .due(|app| Box::pin(async move { Ok(next_expansion(app).await?) }))
}
