//! What can go wrong with a review.

use problem::Problem;

#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    #[error("there is no such review, booking or studio, or it is not the caller's")]
    NotFound,
    #[error("the caller works for the studio they booked at")]
    OwnStudio,
    #[error("the booking is a guest's, who has no account")]
    NoAccount,
    #[error("the booking has not taken place")]
    NotCompleted,
    #[error("this side has written its review")]
    AlreadyReviewed,
    #[error("the reviews are public, or it is too late for one")]
    PeriodOver,
    #[error("the company has replied")]
    AlreadyReplied,
    #[error("the database failed")]
    Store(#[from] store::Error),
}

impl From<ReviewError> for Problem {
    fn from(error: ReviewError) -> Self {
        match error {
            ReviewError::NotFound => Self::not_found(),
            ReviewError::OwnStudio => Self::forbidden("own_studio", "Nobody reviews the studio they work for."),
            ReviewError::NoAccount => {
                Self::conflict("customer_without_account", "A guest without an account is not reviewed.")
            }
            ReviewError::NotCompleted => {
                Self::conflict("booking_not_completed", "A booking is reviewed after it has taken place.")
            }
            ReviewError::AlreadyReviewed => Self::conflict("already_reviewed", "You have reviewed this booking."),
            ReviewError::PeriodOver => Self::conflict(
                "review_period_over",
                "This booking can be reviewed no more: its reviews are public, or it is too long ago.",
            ),
            ReviewError::AlreadyReplied => Self::conflict("already_replied", "The company has replied to this review."),
            ReviewError::Store(error) => error.into(),
        }
    }
}
