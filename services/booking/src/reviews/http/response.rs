//! Reviews as clients see them.

use jiff::Timestamp;
use kernel::{ReviewId, StudioId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::reviews::model::{Author, Reply, Review, Stars};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewAuthor {
    Customer,
    Company,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewReply {
    text: String,
    #[schema(value_type = String, format = DateTime)]
    replied_at: Timestamp,
}

/// A review. By whom it is says the side only, no name.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Review)]
pub struct ReviewResponse {
    id: ReviewId,
    studio_id: StudioId,
    author: ReviewAuthor,
    #[schema(value_type = i16, minimum = 1, maximum = 5)]
    rating: Stars,
    text: Option<String>,
    reply: Option<ReviewReply>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// From when on others see it.
    #[schema(value_type = String, format = DateTime)]
    reveal_at: Timestamp,
    /// The platform has taken it out of sight: others do not see it, and it does not count.
    hidden: bool,
}

impl From<Review> for ReviewResponse {
    fn from(review: Review) -> Self {
        Self {
            id: review.id,
            studio_id: review.studio_id,
            author: match review.author {
                Author::Customer => ReviewAuthor::Customer,
                Author::Company => ReviewAuthor::Company,
            },
            rating: review.stars,
            text: review.words,
            reply: review.reply.map(|Reply { words, replied_at }| ReviewReply { text: words, replied_at }),
            created_at: review.created_at,
            reveal_at: review.reveal_at,
            hidden: review.hidden_at.is_some(),
        }
    }
}
