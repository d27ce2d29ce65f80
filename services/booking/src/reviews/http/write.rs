//! What the two sides of a booking, and whoever reads, may say.

use actix_web::{
    HttpResponse, post,
    web::{self, Data},
};
use kernel::{BookingId, ReviewId, StudioId};
use problem::{Problem, ProblemBody};
use serde::Deserialize;
use service_kit::{Caller, Json, Path};
use utoipa::ToSchema;

use super::{LONGEST_WORDS, ReviewResponse, demanded};
use crate::{
    reviews::{
        commands::{self, NewReview},
        model::Stars,
        moderation,
    },
    startup::App,
    validation::Validation,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateReviewRequest {
    booking_id: BookingId,
    /// The more the better.
    #[schema(value_type = i16, minimum = 1, maximum = 5)]
    rating: Stars,
    #[serde(default)]
    #[schema(max_length = 2000)]
    text: Option<String>,
}

impl CreateReviewRequest {
    fn validated(&self) -> Result<NewReview, Problem> {
        let mut validation = Validation::default();
        let words = validation.optional_prose("/text", self.text.as_deref(), LONGEST_WORDS);
        validation.finish()?;
        Ok(NewReview { booking_id: self.booking_id, stars: self.rating, words })
    }
}

/// Review a completed booking: its customer reviews the studio, staff of the company review the customer. Both are hidden
/// until both are in, or until seven days after the first.
#[utoipa::path(
    tag = "reviews",
    params(("studio_id" = StudioId, Path)),
    request_body = CreateReviewRequest,
    responses(
        (status = 201, body = ReviewResponse),
        (status = 403, body = ProblemBody, description = "`own_studio`"),
        (
            status = 409,
            body = ProblemBody,
            description = "`booking_not_completed`, `already_reviewed`, `review_period_over` or `customer_without_account`",
        ),
    ),
    security(("bearer" = []))
)]
#[post("/api/studios/{studio_id}/reviews")]
pub async fn create_review(
    app: Data<App>,
    caller: Caller,
    studio_id: Path<StudioId>,
    body: Json<CreateReviewRequest>,
) -> Result<HttpResponse, Problem> {
    let review = commands::write_review(&app, &caller, *studio_id, &body.validated()?).await?;
    Ok(HttpResponse::Created().json(ReviewResponse::from(review)))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyToReviewRequest {
    #[schema(min_length = 1, max_length = 2000)]
    text: String,
}

/// Reply to a customer's review, once, in the name of the company; for its managers.
#[utoipa::path(
    tag = "reviews",
    params(("review_id" = ReviewId, Path)),
    request_body = ReplyToReviewRequest,
    responses((status = 200, body = ReviewResponse), (status = 409, body = ProblemBody, description = "`already_replied`")),
    security(("bearer" = []))
)]
#[post("/api/reviews/{review_id}/reply")]
pub async fn reply_to_review(
    app: Data<App>,
    caller: Caller,
    review_id: Path<ReviewId>,
    body: Json<ReplyToReviewRequest>,
) -> Result<web::Json<ReviewResponse>, Problem> {
    let words = demanded(&body.text, "/text")?;
    Ok(web::Json(commands::reply(&app, &caller, *review_id, &words).await?.into()))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportReviewRequest {
    /// What is wrong with it.
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

/// Report a review that should not be there. A second report of the same person replaces the first.
#[utoipa::path(
    tag = "reviews",
    params(("review_id" = ReviewId, Path)),
    request_body = ReportReviewRequest,
    responses((status = 204)),
    security(("bearer" = []))
)]
#[post("/api/reviews/{review_id}/report")]
pub async fn report_review(
    app: Data<App>,
    caller: Caller,
    review_id: Path<ReviewId>,
    body: Json<ReportReviewRequest>,
) -> Result<HttpResponse, Problem> {
    let reason = demanded(&body.reason, "/reason")?;
    moderation::report(&app, &caller, *review_id, &reason).await?;
    Ok(HttpResponse::NoContent().finish())
}
