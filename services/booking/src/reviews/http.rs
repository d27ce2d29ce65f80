//! Reviews over HTTP.

mod moderate;
mod read;
mod response;
mod write;

pub use moderate::{decide_on_review, list_review_reports, show_review_for_admin};
pub use read::{list_studio_reviews, show_booking_reviews};
pub use response::ReviewResponse;
pub use write::{create_review, reply_to_review, report_review};

use problem::Problem;

use crate::validation::Validation;

const LONGEST_WORDS: usize = 2000;

/// Something that has to be said.
fn demanded(text: &str, pointer: &str) -> Result<String, Problem> {
    let mut validation = Validation::default();
    let words = validation.optional_prose(pointer, Some(text), LONGEST_WORDS);
    validation.demand(words.is_some(), pointer, "expected 1 to 2000 characters");
    validation.finish()?;
    Ok(words.unwrap_or_default())
}
