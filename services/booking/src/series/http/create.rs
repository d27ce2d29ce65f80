//! Looking at what a series would be, and booking it.

use actix_web::{HttpResponse, post, web::Data};
use jiff::Timestamp;
use kernel::{Money, RoomId};
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, IdempotencyKey, Idempotent, Json, Scope, StoredAnswer};
use utoipa::ToSchema;

use super::SeriesResponse;
use crate::{
    availability::{model::Reason, rooms_of},
    bookings::{
        http::{CustomerChoice, booker},
        model::PaymentMode,
    },
    local_time::{self, When},
    prices::model::AddOnChoice,
    rooms::model::MAX_DURATION_MINUTES,
    series::{
        commands::{self, NewSeries, Preview},
        model::{OnConflict, Template},
    },
    startup::App,
    validation::Validation,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreviewSeriesRequest {
    room_id: Option<RoomId>,
    /// Several rooms of one studio that are booked together.
    #[schema(min_items = 1, max_items = 20)]
    room_ids: Option<Vec<RoomId>>,
    /// The first date. All dates have its time on the studio's clock.
    starts_at: When,
    #[schema(minimum = 1, maximum = 10_080)]
    duration_minutes: i64,
    /// A recurrence rule of RFC 5545 with an end: COUNT or UNTIL. At most 60 dates.
    #[schema(max_length = 500, example = "FREQ=WEEKLY;COUNT=10")]
    rule: String,
    #[serde(default)]
    add_ons: Vec<AddOnChoice>,
    #[schema(minimum = 1)]
    party_size: Option<i32>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSeriesRequest {
    room_id: Option<RoomId>,
    /// Several rooms of one studio that are booked together.
    #[schema(min_items = 1, max_items = 20)]
    room_ids: Option<Vec<RoomId>>,
    /// The first date. All dates have its time on the studio's clock.
    starts_at: When,
    #[schema(minimum = 1, maximum = 10_080)]
    duration_minutes: i64,
    /// A recurrence rule of RFC 5545 with an end: COUNT or UNTIL. At most 60 dates.
    #[schema(max_length = 500, example = "FREQ=WEEKLY;COUNT=10")]
    rule: String,
    /// What happens when a date cannot be had: nothing is booked, or the others are.
    #[serde(default)]
    on_conflict: OnConflict,
    #[serde(default)]
    add_ons: Vec<AddOnChoice>,
    #[schema(minimum = 1)]
    party_size: Option<i32>,
    /// One line, up to 2,000 characters.
    #[schema(max_length = 2000)]
    note: Option<String>,
    /// For staff who book for somebody.
    customer: Option<CustomerChoice>,
    payment: Option<PaymentMode>,
    #[schema(minimum = 1, maximum = 10_080)]
    hold_minutes: Option<i32>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct SeriesPreviewResponse {
    time_zone: String,
    dates: Vec<PreviewedDateResponse>,
    /// Of all dates that can be had; null when there is none.
    total: Option<Money>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewedDateResponse {
    number: usize,
    #[schema(value_type = String, format = DateTime)]
    starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// On the studio's clock, with its offset.
    local_starts_at: String,
    local_ends_at: String,
    available: bool,
    reasons: Vec<Reason>,
    /// The gross total.
    price: Money,
}

impl SeriesPreviewResponse {
    fn of(preview: Preview) -> Result<Self, Problem> {
        let mut total: Option<Money> = None;
        let mut dates = Vec::with_capacity(preview.dates.len());
        for (number, date) in (1..).zip(preview.dates) {
            if date.reasons.is_empty() {
                let sum = total.map_or(Ok(date.price), |sum| sum.checked_add(date.price));
                total = Some(sum.map_err(|error| Problem::invalid("amount_out_of_range", format!("{error}.")))?);
            }
            dates.push(PreviewedDateResponse {
                number,
                starts_at: date.interval.start(),
                ends_at: date.interval.end(),
                local_starts_at: local_time::display(date.interval.start(), &preview.zone),
                local_ends_at: local_time::display(date.interval.end(), &preview.zone),
                available: date.reasons.is_empty(),
                reasons: date.reasons,
                price: date.price,
            });
        }
        Ok(Self { time_zone: preview.time_zone, dates, total })
    }
}

fn check_duration(validation: &mut Validation, minutes: i64) {
    validation.within("/duration_minutes", minutes, 1..=i64::from(MAX_DURATION_MINUTES));
}

impl PreviewSeriesRequest {
    fn template(&self) -> Result<Template, Problem> {
        let mut validation = Validation::default();
        check_duration(&mut validation, self.duration_minutes);
        validation.finish()?;
        Ok(Template {
            room_ids: rooms_of(self.room_id, self.room_ids.as_deref())?,
            minutes: self.duration_minutes,
            add_ons: self.add_ons.clone(),
            party_size: self.party_size,
            note: None,
        })
    }
}

impl CreateSeriesRequest {
    async fn validated(&self, app: &App, caller: &Caller) -> Result<NewSeries, Problem> {
        let room_ids = rooms_of(self.room_id, self.room_ids.as_deref())?;
        let by = booker(app, caller, &room_ids, (self.customer.as_ref(), self.payment, self.hold_minutes)).await?;
        let mut validation = Validation::default();
        check_duration(&mut validation, self.duration_minutes);
        let note = validation.optional_line("/note", self.note.as_deref(), 2000);
        validation.finish()?;
        let (minutes, add_ons, party_size) = (self.duration_minutes, self.add_ons.clone(), self.party_size);
        let template = Template { room_ids, minutes, add_ons, party_size, note };
        let (rule, starts_at, on_conflict) = (self.rule.clone(), self.starts_at, self.on_conflict);
        Ok(NewSeries { by, template, rule, starts_at, on_conflict })
    }
}

/// The dates of a series, what speaks against each, and what each costs. Books nothing.
#[utoipa::path(
    tag = "series",
    request_body = PreviewSeriesRequest,
    responses(
        (status = 200, body = SeriesPreviewResponse), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody),
    )
)]
#[post("/api/bookings/series/preview")]
pub async fn preview_series(app: Data<App>, body: Json<PreviewSeriesRequest>) -> Result<HttpResponse, Problem> {
    let preview = commands::preview_series(&app, &body.template()?, &body.rule, body.starts_at).await?;
    Ok(HttpResponse::Ok().json(SeriesPreviewResponse::of(preview)?))
}

/// Book a series: an ordinary booking for each date, all of them or those that can be had.
#[utoipa::path(
    tag = "series",
    params(("Idempotency-Key" = String, Header)),
    request_body = CreateSeriesRequest,
    responses((status = 201, body = SeriesResponse), (status = 404, body = ProblemBody)),
    security(("bearer" = []))
)]
#[post("/api/bookings/series")]
pub async fn create_series(
    app: Data<App>,
    caller: Caller,
    key: IdempotencyKey,
    body: Json<CreateSeriesRequest>,
) -> Result<StoredAnswer, Problem> {
    let new = body.validated(&app, &caller).await?;
    let request = Idempotent {
        caller: caller.user_id().uuid(),
        route: "POST /api/bookings/series",
        key,
        fingerprint: body.fingerprint(),
        scope: Scope::Default,
        now: app.clock.now(),
    };
    Ok(commands::create_series(&app, &request, &new, |whole| SeriesResponse::from(whole)).await?)
}
