//! Quotes over HTTP.

use actix_web::{HttpResponse, post, web::Data};
use jiff::Timestamp;
use kernel::RoomId;
use problem::{Problem, ProblemBody};
use serde::{Deserialize, Serialize};
use service_kit::Json;
use utoipa::ToSchema;

use super::{Wishes, commands};
use crate::{
    availability::{Asked, rooms_of},
    local_time::When,
    prices::{engine::Price, model::AddOnChoice},
    startup::App,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CalculatePriceRequest {
    room_id: Option<RoomId>,
    /// Several rooms of one studio that are priced together.
    #[schema(min_items = 1, max_items = 20)]
    room_ids: Option<Vec<RoomId>>,
    starts_at: When,
    ends_at: When,
    #[serde(default)]
    add_ons: Vec<AddOnChoice>,
    /// How many come; as many as the price includes when absent.
    #[schema(minimum = 1)]
    party_size: Option<i32>,
    #[schema(max_length = 40)]
    promotion_code: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct QuoteResponse {
    /// Book with it, and this price is charged.
    quote_token: String,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    #[serde(flatten)]
    price: Price,
}

/// An itemised price that is charged as it is for 15 minutes.
#[utoipa::path(
    tag = "availability",
    request_body = CalculatePriceRequest,
    responses(
        (status = 200, body = QuoteResponse), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody),
    )
)]
#[post("/api/bookings/calculate-price")]
pub async fn calculate_price(app: Data<App>, body: Json<CalculatePriceRequest>) -> Result<HttpResponse, Problem> {
    let asked = Asked { starts_at: body.starts_at, ends_at: body.ends_at };
    let body = body.into_inner();
    let rooms = rooms_of(body.room_id, body.room_ids.as_deref())?;
    let wishes = Wishes { add_ons: body.add_ons, party_size: body.party_size, promotion_code: body.promotion_code };
    let quote = commands::calculate_price(&app, &rooms, asked, &wishes).await?;
    let response =
        QuoteResponse { quote_token: quote.token, expires_at: quote.content.expires_at, price: quote.content.price };
    Ok(HttpResponse::Ok().json(response))
}
