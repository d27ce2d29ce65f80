//! `/internal/clock` of each service.

use std::time::Duration;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::state::Sandbox;

/// What a service answers: its clock, and the next instant one of its jobs waits for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ClockState {
    pub now: Timestamp,
    pub next_due_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct MoveClock {
    offset_secs: i64,
}

/// A service that did not answer as it should.
#[derive(Debug, thiserror::Error)]
#[error("{service} did not follow the clock: {reason}")]
pub struct NotFollowing {
    pub service: String,
    pub reason: String,
}

/// A service may have many jobs to run before it answers.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Tells every service the offset; answers when each has run what was due.
pub async fn move_all(app: &Sandbox, offset_secs: i64) -> Result<Vec<ClockState>, NotFollowing> {
    try_join_all(app.config.clock_services.iter().map(|service| move_one(app, service, offset_secs))).await
}

pub async fn move_one(app: &Sandbox, service: &str, offset_secs: i64) -> Result<ClockState, NotFollowing> {
    let request = app.http.post(url(app, service)).json(&MoveClock { offset_secs });
    answer(service, request).await
}

pub async fn read_all(app: &Sandbox) -> Result<Vec<ClockState>, NotFollowing> {
    try_join_all(app.config.clock_services.iter().map(|service| read_one(app, service))).await
}

pub async fn read_one(app: &Sandbox, service: &str) -> Result<ClockState, NotFollowing> {
    answer(service, app.http.get(url(app, service))).await
}

fn url(app: &Sandbox, service: &str) -> String {
    format!("{}/internal/clock", app.directory.url(service))
}

async fn answer(service: &str, request: reqwest::RequestBuilder) -> Result<ClockState, NotFollowing> {
    let failed = |error: reqwest::Error| NotFollowing { service: service.to_owned(), reason: error.to_string() };
    let response = request.timeout(TIMEOUT).send().await.map_err(failed)?;
    response.error_for_status().map_err(failed)?.json().await.map_err(failed)
}
