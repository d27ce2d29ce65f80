//! Reading reviews.

use actix_web::{
    get,
    web::{self, Data},
};
use kernel::{BookingId, StudioId};
use problem::Problem;
use serde::Serialize;
use service_kit::{Caller, Page, PageQuery, Path, Query};
use utoipa::ToSchema;

use super::ReviewResponse;
use crate::{reviews::commands, startup::App};

/// What customers say of a studio, newest first.
#[utoipa::path(
    tag = "reviews",
    params(("studio_id" = StudioId, Path), PageQuery),
    responses((status = 200, body = Page<ReviewResponse>))
)]
#[get("/api/studios/{studio_id}/reviews")]
pub async fn list_studio_reviews(
    app: Data<App>,
    studio_id: Path<StudioId>,
    page: Query<PageQuery>,
) -> Result<web::Json<Page<ReviewResponse>>, Problem> {
    let limit = page.limit()?;
    let reviews = commands::list_reviews_of_studio(&app, *studio_id, (page.after()?, limit + 1)).await?;
    Ok(web::Json(Page::of(reviews, limit, |review| (review.reveal_at, review.id)).map(ReviewResponse::from)))
}

/// The reviews of a booking, two at most.
#[derive(Debug, Serialize, ToSchema)]
pub struct BookingReviewsResponse {
    data: Vec<ReviewResponse>,
}

/// The reviews of a booking that the caller may see: their own side's, and the other's once it is shown.
#[utoipa::path(
    tag = "reviews",
    params(("booking_id" = BookingId, Path)),
    responses((status = 200, body = BookingReviewsResponse)),
    security(("bearer" = []))
)]
#[get("/api/bookings/{booking_id}/reviews")]
pub async fn show_booking_reviews(
    app: Data<App>,
    caller: Caller,
    booking_id: Path<BookingId>,
) -> Result<web::Json<BookingReviewsResponse>, Problem> {
    let reviews = commands::list_reviews_of_booking(&app, &caller, *booking_id).await?;
    Ok(web::Json(BookingReviewsResponse { data: reviews.into_iter().map(ReviewResponse::from).collect() }))
}
