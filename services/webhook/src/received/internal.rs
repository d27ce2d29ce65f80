//! `POST /internal/provider-events/about`: billing shows what providers have told beside what it knows itself.

use actix_web::{HttpResponse, post, web::Data};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{
    Json,
    identity::{CalledBy, ServiceCaller},
};
use utoipa::{
    ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::{http::WebhookEventSummary, store::events_about};
use crate::startup::App;

/// Who acts on what providers tell.
pub struct Billing;

impl ServiceCaller for Billing {
    const ALLOWED: &'static [&'static str] = &["billing"];
}

/// Things of one request.
const MOST: usize = 500;

/// Events of one answer.
const MOST_FOUND: i64 = 200;

/// Characters of an id.
const LONGEST: usize = 255;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderEventsAboutRequest {
    /// Ids of payments, sessions, refunds, disputes and payouts, ours and the providers'.
    #[schema(min_items = 1, max_items = 500)]
    pub subjects: Vec<ToldSubject>,
}

/// An id in a request.
#[derive(Debug, Deserialize)]
pub struct ToldSubject(String);

impl utoipa::PartialSchema for ToldSubject {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String);
        text.min_length(Some(1)).max_length(Some(LONGEST)).build().into()
    }
}

impl ToSchema for ToldSubject {}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProviderEventsAboutResponse {
    /// The newest first, 200 at most.
    pub events: Vec<WebhookEventSummary>,
}

/// What providers have told about some things.
#[utoipa::path(
    tag = "internal",
    request_body = ProviderEventsAboutRequest,
    security(("bearer" = [])),
    responses((status = 200, body = ProviderEventsAboutResponse))
)]
#[post("/internal/provider-events/about")]
pub async fn list_provider_events_about(
    app: Data<App>,
    _: CalledBy<Billing>,
    request: Json<ProviderEventsAboutRequest>,
) -> Result<HttpResponse, Problem> {
    let subjects: Vec<String> = request.into_inner().subjects.into_iter().map(|ToldSubject(id)| id).collect();
    let readable = subjects.iter().all(|id| (1..=LONGEST).contains(&id.len()) && !id.chars().any(char::is_control));
    if !(1..=MOST).contains(&subjects.len()) || !readable {
        let text = format!("1 to {MOST} ids of 1 to {LONGEST} characters.");
        return Err(Problem::invalid("invalid_subjects", text).at("/subjects", "not acceptable"));
    }
    let rows = events_about(&mut *app.db.conn().await?, &subjects, MOST_FOUND).await?;
    let events = rows.into_iter().map(WebhookEventSummary::from).collect();
    Ok(HttpResponse::Ok().json(ProviderEventsAboutResponse { events }))
}
