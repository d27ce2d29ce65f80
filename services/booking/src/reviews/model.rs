//! When a review may be written, when it is shown and to whom.

use jiff::{SignedDuration, Timestamp};
use kernel::{BookingId, CompanyId, ReviewId, StudioId, UserId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::ReviewError;
use crate::bookings::model::{Booking, Status};

/// How long after a booking is over it can be reviewed.
const WRITABLE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long the first review waits for the other side's.
const HIDDEN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// 1 to 5, the more the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "i16", into = "i16")]
pub struct Stars(i16);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to 5")]
pub struct StarsRange;

impl TryFrom<i16> for Stars {
    type Error = StarsRange;

    fn try_from(number: i16) -> Result<Self, StarsRange> {
        if (1..=5).contains(&number) { Ok(Self(number)) } else { Err(StarsRange) }
    }
}

impl From<Stars> for i16 {
    fn from(stars: Stars) -> Self {
        stars.0
    }
}

impl Stars {
    /// What the database has checked.
    pub fn from_column(number: i16) -> Self {
        Self(number)
    }
}

/// Which side of a booking writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    Customer,
    Company,
}

impl Author {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Company => "company",
        }
    }

    pub fn from_column(text: &str) -> Self {
        if text == "customer" { Self::Customer } else { Self::Company }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    pub id: ReviewId,
    pub booking_id: BookingId,
    pub studio_id: StudioId,
    pub company_id: CompanyId,
    pub customer_id: UserId,
    pub author: Author,
    pub written_by: UserId,
    pub stars: Stars,
    pub words: Option<String>,
    pub reply: Option<Reply>,
    pub created_at: Timestamp,
    pub reveal_at: Timestamp,
    /// By the platform.
    pub hidden_at: Option<Timestamp>,
}

/// What the company says to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub words: String,
    pub replied_at: Timestamp,
}

impl Review {
    pub fn is_shown(&self, now: Timestamp) -> bool {
        self.hidden_at.is_none() && self.reveal_at <= now
    }
}

/// When the review that `author` wants to write now would be shown.
pub fn reveal_of(
    booking: &Booking,
    author: Author,
    written: &[Review],
    now: Timestamp,
) -> Result<Timestamp, ReviewError> {
    if booking.status != Status::Completed {
        return Err(ReviewError::NotCompleted);
    }
    if written.iter().any(|review| review.author == author) {
        return Err(ReviewError::AlreadyReviewed);
    }
    if booking.interval.end() + WRITABLE <= now {
        return Err(ReviewError::PeriodOver);
    }
    match written.first() {
        None => Ok(now + HIDDEN),
        // Its text may have been read: what is written now would be an answer to it.
        Some(other) if other.reveal_at <= now => Err(ReviewError::PeriodOver),
        Some(_) => Ok(now),
    }
}

/// What the platform makes of a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ReviewDecision)]
pub enum Decision {
    Hide,
    Restore,
    /// It stays as it is.
    Keep,
}

impl Decision {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hide => "hide",
            Self::Restore => "restore",
            Self::Keep => "keep",
        }
    }

    pub fn from_column(text: &str) -> Self {
        match text {
            "hide" => Self::Hide,
            "restore" => Self::Restore,
            _ => Self::Keep,
        }
    }
}

/// A decision with its reason, as it is kept for whoever asks later.
#[derive(Debug, Clone)]
pub struct Decided {
    pub decision: Decision,
    pub reason: String,
    pub by: UserId,
    pub at: Timestamp,
}

/// Why somebody thinks that a review should not be there.
#[derive(Debug, Clone)]
pub struct Report {
    pub reporter: UserId,
    pub reason: String,
    pub created_at: Timestamp,
    /// When the platform has looked at it.
    pub settled_at: Option<Timestamp>,
}
