//! Providers' deliveries, and what administrators see of them.

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use jiff::Timestamp;
use kernel::EventId;
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{Page, PageQuery, Path, PlatformAdmin, Query};

use super::{
    body::RawBody,
    commands::{receive_event, replay_event},
    store::{Filter, ReceivedRow, ReceivedSummaryRow, find_event, list_events},
};
use crate::startup::App;

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ReceiptResponse {
    pub received: bool,
}

/// An event of a provider, signed by it. Answered after it is stored; a repeat is answered alike.
#[utoipa::path(tag = "webhooks", params(("provider" = String, Path, example = "stripe")),
    request_body(content = String, content_type = "application/json", description = "The provider's event, at most 1 MiB."),
    responses(
        (status = 200, body = ReceiptResponse),
        (status = 400, description = "Bad signature.", body = problem::ProblemBody),
        (status = 404, description = "The provider is not configured.", body = problem::ProblemBody),
        (status = 503, description = "The provider's certificate cannot be fetched now; deliver again.",
            body = problem::ProblemBody)))]
#[post("/webhooks/{provider}")]
pub async fn receive_provider_event(
    app: Data<App>,
    request: HttpRequest,
    provider: Path<String>,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    receive(&app, &request, &provider, body).await
}

/// The same as `POST /webhooks/stripe`.
#[utoipa::path(tag = "webhooks",
    request_body(content = String, content_type = "application/json", description = "Stripe's event, at most 1 MiB."),
    responses(
        (status = 200, body = ReceiptResponse),
        (status = 400, description = "Bad signature.", body = problem::ProblemBody),
        (status = 404, description = "Stripe is not configured.", body = problem::ProblemBody)))]
#[post("/api/stripe/webhook")]
pub async fn receive_stripe_event(
    app: Data<App>,
    request: HttpRequest,
    body: RawBody,
) -> Result<HttpResponse, Problem> {
    receive(&app, &request, "stripe", body).await
}

async fn receive(app: &App, request: &HttpRequest, provider: &str, body: RawBody) -> Result<HttpResponse, Problem> {
    let text = |(name, value): (&actix_web::http::header::HeaderName, &actix_web::http::header::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let headers = request.headers().iter().filter_map(text).collect();
    receive_event(app, provider, headers, &body.0).await?;
    Ok(HttpResponse::Ok().json(ReceiptResponse { received: true }))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct WebhookEventsQuery {
    /// `stripe`, `square` or `paypal`.
    pub provider: Option<String>,
    /// The provider's word: `checkout.session.completed`.
    pub event_type: Option<String>,
    /// The provider's id.
    pub provider_event_id: Option<String>,
    /// Received at this instant or later.
    #[param(value_type = Option<String>, format = "date-time")]
    pub received_from: Option<Timestamp>,
    /// Received before this instant.
    #[param(value_type = Option<String>, format = "date-time")]
    pub received_until: Option<Timestamp>,
    /// 1 to 100; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WebhookEventSummary {
    pub id: EventId,
    pub provider: String,
    pub provider_event_id: String,
    pub event_type: String,
    /// When the provider made it.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub received_at: Timestamp,
    /// How often it was published: once, and once more for each replay.
    pub publications: i64,
}

impl From<ReceivedSummaryRow> for WebhookEventSummary {
    fn from(row: ReceivedSummaryRow) -> Self {
        Self {
            id: row.id,
            provider: row.provider,
            provider_event_id: row.provider_event_id,
            event_type: row.event_type,
            created_at: row.created_at.to_jiff(),
            received_at: row.received_at.to_jiff(),
            publications: row.version,
        }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct WebhookEventResponse {
    #[serde(flatten)]
    pub summary: WebhookEventSummary,
    /// The headers that were kept.
    #[schema(value_type = Object)]
    pub headers: serde_json::Value,
    /// The body; as text where it is not JSON.
    #[schema(value_type = Object)]
    pub payload: serde_json::Value,
}

impl From<ReceivedRow> for WebhookEventResponse {
    fn from(row: ReceivedRow) -> Self {
        let payload = serde_json::from_slice(&row.payload);
        Self {
            summary: WebhookEventSummary {
                id: row.id,
                provider: row.provider,
                provider_event_id: row.provider_event_id,
                event_type: row.event_type,
                created_at: row.created_at.to_jiff(),
                received_at: row.received_at.to_jiff(),
                publications: row.version,
            },
            headers: row.headers,
            payload: payload.unwrap_or_else(|_| String::from_utf8_lossy(&row.payload).into()),
        }
    }
}

/// Events as received, newest first.
#[utoipa::path(
    tag = "webhooks",
    params(WebhookEventsQuery),
    security(("bearer" = [])),
    responses((status = 200, body = Page<WebhookEventSummary>))
)]
#[get("/api/admin/webhook-events")]
pub async fn list_webhook_events(
    app: Data<App>,
    _admin: PlatformAdmin,
    query: Query<WebhookEventsQuery>,
) -> Result<HttpResponse, Problem> {
    let paging = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let (limit, before) = (paging.limit()?, paging.after::<EventId>()?);
    let filter = Filter {
        provider: storable(&query.provider, "/provider")?,
        event_type: storable(&query.event_type, "/event_type")?,
        provider_event_id: storable(&query.provider_event_id, "/provider_event_id")?,
        received_from: query.received_from.map(since_the_epoch),
        received_until: query.received_until.map(since_the_epoch),
    };
    let mut conn = app.db.conn().await?;
    let rows = list_events(&mut conn, filter, before, limit + 1).await?;
    let page = Page::of(rows, limit, |row| row.id).map(WebhookEventSummary::from);
    Ok(HttpResponse::Ok().json(page))
}

/// Nothing came before it, and PostgreSQL knows no instants of the earliest years that a client may write.
fn since_the_epoch(at: Timestamp) -> Timestamp {
    at.max(Timestamp::UNIX_EPOCH)
}

/// PostgreSQL's texts hold no NUL.
fn storable<'q>(text: &'q Option<String>, pointer: &str) -> Result<Option<&'q str>, Problem> {
    match text.as_deref() {
        Some(text) if text.contains('\0') => {
            Err(Problem::invalid("invalid_query", "The query parameters are not valid.").at(pointer, "contains a NUL"))
        }
        text => Ok(text),
    }
}

/// One event with its body.
#[utoipa::path(
    tag = "webhooks",
    params(("event_id" = EventId, Path)),
    security(("bearer" = [])),
    responses((status = 200, body = WebhookEventResponse))
)]
#[get("/api/admin/webhook-events/{event_id}")]
pub async fn get_webhook_event(
    app: Data<App>,
    _admin: PlatformAdmin,
    event_id: Path<EventId>,
) -> Result<HttpResponse, Problem> {
    let mut conn = app.db.conn().await?;
    let row = find_event(&mut conn, *event_id).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().json(WebhookEventResponse::from(row)))
}

/// Publishes a stored event again, for those who act on it.
#[utoipa::path(
    tag = "webhooks",
    params(("event_id" = EventId, Path)),
    security(("bearer" = [])),
    responses((status = 200, body = WebhookEventResponse))
)]
#[post("/api/admin/webhook-events/{event_id}/replay")]
pub async fn replay_webhook_event(
    app: Data<App>,
    admin: PlatformAdmin,
    event_id: Path<EventId>,
) -> Result<HttpResponse, Problem> {
    let row = replay_event(&app, *event_id).await?;
    tracing::info!(event_id = %*event_id, by = %admin.user_id(), "event replayed");
    Ok(HttpResponse::Ok().json(WebhookEventResponse::from(row)))
}
