//! Development only: the sandbox moves this process's clock and steps its jobs. The routes do not exist elsewhere.

use std::sync::Arc;

use actix_web::{HttpResponse, web};
use jiff::Timestamp;
use kernel::{Clock, clock::SystemClock};
use problem::Problem;
use serde::{Deserialize, Serialize};

use crate::{Json, server::Parts};

/// The body of `POST /internal/clock`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MoveClock {
    pub offset_secs: i64,
}

/// The answer of `/internal/clock`: what this service's clock says, and the next instant one of its jobs waits for.
#[derive(Debug, Serialize, Deserialize)]
pub struct ClockState {
    pub now: Timestamp,
    pub next_due_at: Option<Timestamp>,
}

pub(crate) fn routes<A: Send + Sync + 'static>(config: &mut web::ServiceConfig, parts: &Arc<Parts<A>>) {
    let Some(clock) = parts.movable_clock.clone() else { return };
    let (read_parts, read_clock) = (parts.clone(), clock.clone());
    let (move_parts, move_clock) = (parts.clone(), clock);
    config.service(
        web::resource("/internal/clock")
            .route(web::get().to(move || read(read_parts.clone(), read_clock.clone())))
            .route(web::post().to(move |body| set(move_parts.clone(), move_clock.clone(), body))),
    );
}

async fn read<A: Send + Sync + 'static>(
    parts: Arc<Parts<A>>,
    clock: Arc<SystemClock>,
) -> Result<HttpResponse, Problem> {
    let next_due_at = parts.jobs.next_due().await.map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().json(ClockState { now: clock.now(), next_due_at }))
}

async fn set<A: Send + Sync + 'static>(
    parts: Arc<Parts<A>>,
    clock: Arc<SystemClock>,
    body: Json<MoveClock>,
) -> Result<HttpResponse, Problem> {
    clock.set_offset_secs(body.offset_secs);
    parts.context.peers.forget_tokens();
    parts.jobs.run_all().await;
    read(parts, clock).await
}
