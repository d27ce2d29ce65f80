//! `GET` and `POST /sandbox/clock`.

use actix_web::{HttpResponse, get, post, web::Data};
use jiff::Timestamp;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::Json;

use super::{
    advance::{AdvanceError, advance},
    store,
};
use crate::state::Sandbox;

const LONGEST_SECS: i64 = 366 * 24 * 60 * 60;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AdvanceClockRequest {
    /// 1 second to 366 days.
    #[schema(minimum = 1, maximum = 31_622_400)]
    pub advance_seconds: i64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ClockResponse {
    #[schema(value_type = String, format = DateTime)]
    pub now: Timestamp,
    /// How far the platform is ahead of the machine.
    pub offset_secs: i64,
}

/// The platform's time.
#[utoipa::path(tag = "sandbox", responses((status = 200, body = ClockResponse)))]
#[get("/sandbox/clock")]
pub async fn read_clock(app: Data<Sandbox>) -> Result<HttpResponse, Problem> {
    answer(&app, app.clock.now()).await
}

/// Moves time ahead; answers when every job that fell due on the way has run.
#[utoipa::path(tag = "sandbox", request_body = AdvanceClockRequest,
    responses((status = 200, body = ClockResponse)))]
#[post("/sandbox/clock")]
pub async fn advance_clock(app: Data<Sandbox>, body: Json<AdvanceClockRequest>) -> Result<HttpResponse, Problem> {
    let secs = body.advance_seconds;
    if !(1..=LONGEST_SECS).contains(&secs) {
        let detail = format!("Expected 1 to {LONGEST_SECS}.");
        return Err(
            Problem::invalid("validation_failed", "The request has invalid values.").at("/advance_seconds", detail)
        );
    }
    let now = advance(&app, secs).await.map_err(problem_of)?;
    answer(&app, now).await
}

async fn answer(app: &Sandbox, now: Timestamp) -> Result<HttpResponse, Problem> {
    let mut conn = app.db.conn().await?;
    let offset_secs = store::offset_secs(&mut conn).await?;
    Ok(HttpResponse::Ok().json(ClockResponse { now, offset_secs }))
}

fn problem_of(error: AdvanceError) -> Problem {
    match error {
        AdvanceError::NotFollowing(error) => {
            let detail = format!("{error}. The clocks stand where they had got to; ask again.");
            let status = actix_web::http::StatusCode::SERVICE_UNAVAILABLE;
            Problem::new(status, "clock_not_followed", detail).retry_after(1)
        }
        AdvanceError::TooManySteps { .. } => {
            Problem::conflict("too_many_steps", format!("The clock {error}. Ask again to go on from there."))
        }
        AdvanceError::Store(error) => error.into(),
        AdvanceError::Other(error) => Problem::internal(error),
    }
}
