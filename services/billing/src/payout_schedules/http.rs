//! A company's schedule over HTTP.

use actix_web::{get, put, web};
use jiff::Timestamp;
use kernel::CompanyId;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Json, Query, identity::permissions::ManagePayouts};

use super::{
    commands,
    model::{Frequency, Schedule},
};
use crate::App;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PayoutScheduleQuery {
    pub company_id: CompanyId,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdatePayoutScheduleRequest {
    pub company_id: CompanyId,
    /// `weekly` is on Mondays, `monthly` on the first; always at 06:00 UTC.
    #[schema(value_type = String, pattern = "^(manual|daily|weekly|monthly)$", example = "weekly")]
    pub frequency: Frequency,
    /// Less than this waits for the next time. Minor units of the currency in which the company is paid.
    #[serde(default)]
    #[schema(minimum = 0)]
    pub minimum: i64,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct PayoutScheduleResponse {
    pub company_id: CompanyId,
    #[schema(value_type = String, example = "weekly")]
    pub frequency: &'static str,
    pub minimum: i64,
    /// When the company is paid next, if it has enough by then.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub next_at: Option<Timestamp>,
}

impl From<Schedule> for PayoutScheduleResponse {
    fn from(schedule: Schedule) -> Self {
        Self {
            company_id: schedule.company_id,
            frequency: schedule.frequency.as_str(),
            minimum: schedule.minimum,
            next_at: schedule.next_at,
        }
    }
}

/// When the company is paid without asking; `manual` until somebody chooses.
#[utoipa::path(
    tag = "payouts",
    params(PayoutScheduleQuery),
    responses(
        (status = 200, body = PayoutScheduleResponse),
        (status = 404, body = problem::ProblemBody),
    ),
    security(("bearer" = [])),
)]
#[get("/api/payments/payout-schedule")]
pub async fn get_payout_schedule(
    app: web::Data<App>,
    caller: Caller,
    query: Query<PayoutScheduleQuery>,
) -> Result<web::Json<PayoutScheduleResponse>, Problem> {
    let company_id = caller.staff_of(query.company_id)?.company_id();
    let chosen = commands::find_schedule(&app, company_id).await?;
    let nothing =
        PayoutScheduleResponse { company_id, frequency: Schedule::NOTHING_CHOSEN.as_str(), minimum: 0, next_at: None };
    Ok(web::Json(chosen.map_or(nothing, PayoutScheduleResponse::from)))
}

/// Chooses when the company is paid. Payouts that are under way go on.
#[utoipa::path(
    tag = "payouts",
    request_body = UpdatePayoutScheduleRequest,
    responses(
        (status = 200, body = PayoutScheduleResponse),
        (status = 404, body = problem::ProblemBody),
    ),
    security(("bearer" = [])),
)]
#[put("/api/payments/payout-schedule")]
pub async fn update_payout_schedule(
    app: web::Data<App>,
    caller: Caller,
    body: Json<UpdatePayoutScheduleRequest>,
) -> Result<web::Json<PayoutScheduleResponse>, Problem> {
    let allowed = caller.allowed::<ManagePayouts>(body.company_id)?;
    if body.minimum < 0 {
        return Err(Problem::invalid("validation_failed", "The request has invalid values.")
            .at("/minimum", "expected zero or more minor units"));
    }
    let chosen = (body.frequency, body.minimum);
    Ok(web::Json(commands::choose_schedule(&app, &allowed, chosen, app.clock.now()).await?.into()))
}
