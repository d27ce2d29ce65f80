//! What booking keeps of a person, handed out when they want a copy. What they wrote is forgotten when they go
//! (`consumers/user_erased.rs`); bookings and ratings stay, under an id that names nobody any more.

use actix_web::{
    get,
    web::{self, Data},
};
use jiff::Timestamp;
use kernel::{BookingId, ReviewId, UserId};
use problem::Problem;
use serde::{Deserialize, Serialize};
use service_kit::{
    Page, PageQuery, Path, Query,
    identity::{CalledBy, ServiceCaller},
};
use store::{Conn, Error};
use utoipa::ToSchema;

use crate::{
    bookings::{http::BookingResponse, model::Booking, store::list_mine},
    reviews::{
        http::ReviewResponse,
        model::{Report, Review},
        store as reviews,
    },
    startup::App,
};

/// Auth asks for whoever wants a copy of their data.
pub struct Auth;

impl ServiceCaller for Auth {
    const ALLOWED: &'static [&'static str] = &["auth"];
}

/// Something that is kept of a person.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PersonalRecord {
    /// A booking they made.
    Booking(Box<BookingResponse>),
    /// A review they wrote, or one of them that they can read.
    Review(ReviewRecord),
    /// A review they reported.
    ReviewReport(ReportRecord),
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReviewRecord {
    booking_id: BookingId,
    /// False for what a company wrote of them.
    written_by_them: bool,
    #[serde(flatten)]
    review: ReviewResponse,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReportRecord {
    review_id: ReviewId,
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    reported_at: Timestamp,
}

enum Record {
    Booking(Box<Booking>),
    Review(Review),
    Report(ReviewId, Report),
}

/// Where a page ends: the kinds come one after the other.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Place {
    Booking(BookingId),
    Review(ReviewId),
    Report(ReviewId),
}

impl Record {
    fn place(&self) -> Place {
        match self {
            Self::Booking(booking) => Place::Booking(booking.id),
            Self::Review(review) => Place::Review(review.id),
            Self::Report(review_id, _) => Place::Report(*review_id),
        }
    }

    fn told_to(self, user_id: UserId, now: Timestamp) -> PersonalRecord {
        match self {
            Self::Booking(booking) => PersonalRecord::Booking(Box::new(BookingResponse::of(&booking, now))),
            Self::Review(review) => PersonalRecord::Review(ReviewRecord {
                booking_id: review.booking_id,
                written_by_them: review.written_by == user_id,
                review: review.into(),
            }),
            Self::Report(review_id, report) => PersonalRecord::ReviewReport(ReportRecord {
                review_id,
                reason: report.reason,
                reported_at: report.created_at,
            }),
        }
    }
}

/// A page of what is kept of a person: the bookings they made, then reviews, then what they reported, each the newest first.
#[utoipa::path(
    tag = "internal",
    params(("user_id" = UserId, Path), PageQuery),
    responses((status = 200, body = Page<PersonalRecord>)),
    security(("bearer" = []))
)]
#[get("/internal/users/{user_id}/personal-data")]
pub async fn export_personal_data(
    app: Data<App>,
    _: CalledBy<Auth>,
    user_id: Path<UserId>,
    page: Query<PageQuery>,
) -> Result<web::Json<Page<PersonalRecord>>, Problem> {
    let (limit, after, now) = (page.limit()?, page.after()?, app.clock.now());
    let records = list(&mut *app.db.conn().await?, *user_id, now, (after, limit + 1)).await?;
    Ok(web::Json(Page::of(records, limit, Record::place).map(|record| record.told_to(*user_id, now))))
}

async fn list(
    conn: &mut Conn,
    user_id: UserId,
    now: Timestamp,
    (after, limit): (Option<Place>, i64),
) -> Result<Vec<Record>, Error> {
    let mut found: Vec<Record> = Vec::new();
    let missing = |found: &Vec<Record>| limit - i64::try_from(found.len()).unwrap_or(limit);
    if let None | Some(Place::Booking(_)) = after {
        let after = if let Some(Place::Booking(id)) = after { Some(id) } else { None };
        let bookings = list_mine(conn, user_id, after, limit).await?;
        found.extend(bookings.into_iter().map(|booking| Record::Booking(Box::new(booking))));
    }
    if missing(&found) > 0 && !matches!(after, Some(Place::Report(_))) {
        let after = if let Some(Place::Review(id)) = after { Some(id) } else { None };
        let reviews = reviews::list_of_person(conn, user_id, now, (after, missing(&found))).await?;
        found.extend(reviews.into_iter().map(Record::Review));
    }
    if missing(&found) > 0 {
        let after = if let Some(Place::Report(id)) = after { Some(id) } else { None };
        let reports = reviews::list_reports_by(conn, user_id, (after, missing(&found))).await?;
        found.extend(reports.into_iter().map(|(review_id, report)| Record::Report(review_id, report)));
    }
    Ok(found)
}
