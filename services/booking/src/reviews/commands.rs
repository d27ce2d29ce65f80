//! Writing reviews, reading them, replying, and counting what has been revealed.

use ::store::Conn;
use jiff::Timestamp;
use kernel::{BookingId, ReviewId, StudioId, UserId};
use problem::Problem;
use service_kit::Caller;

use super::{
    ReviewError,
    model::{Author, Review, Stars, reveal_of},
    store,
};
use crate::{
    bookings::{
        model::Booking,
        store::{Access, find_booking},
    },
    startup::App,
    studios::store as studios,
};

/// What somebody writes.
#[derive(Debug, Clone)]
pub struct NewReview {
    pub booking_id: BookingId,
    pub stars: Stars,
    pub words: Option<String>,
}

pub async fn write_review(
    app: &App,
    caller: &Caller,
    studio_id: StudioId,
    new: &NewReview,
) -> Result<Review, ReviewError> {
    app.db.transaction(async |conn| write_in_tx(app, conn, caller, (studio_id, new)).await).await
}

/// The studio is locked first: of two reviews of one booking the second sees the first, and its rating is changed one
/// after the other.
async fn write_in_tx(
    app: &App,
    conn: &mut Conn,
    caller: &Caller,
    (studio_id, new): (StudioId, &NewReview),
) -> Result<Review, ReviewError> {
    let booking = find_booking(conn, new.booking_id, &Access::of(caller)).await?;
    let booking = booking.filter(|booking| booking.studio_id == studio_id).ok_or(ReviewError::NotFound)?;
    let (author, customer_id) = sides(&booking, caller)?;
    if !studios::lock_studio(conn, studio_id).await? {
        return Err(ReviewError::NotFound);
    }
    let (written, now) = (store::list_of_booking(conn, booking.id).await?, app.clock.now());
    let review = Review {
        id: ReviewId::new(),
        booking_id: booking.id,
        studio_id,
        company_id: booking.company_id,
        customer_id,
        author,
        written_by: caller.user_id(),
        stars: new.stars,
        words: new.words.clone(),
        reply: None,
        created_at: now,
        reveal_at: reveal_of(&booking, author, &written, now)?,
        hidden_at: None,
    };
    store::insert(conn, &review).await?;
    if review.reveal_at <= now {
        store::reveal(conn, booking.id, now).await?;
        store::count_shown(conn, studio_id, now).await?;
    }
    Ok(review)
}

/// Who writes about whom. Who booked is the customer; whoever is both would review themselves.
fn sides(booking: &Booking, caller: &Caller) -> Result<(Author, UserId), ReviewError> {
    let customer_id = booking.customer_id().ok_or(ReviewError::NoAccount)?;
    match (customer_id == caller.user_id(), caller.role_in(booking.company_id).is_some()) {
        (true, true) => Err(ReviewError::OwnStudio),
        (true, false) => Ok((Author::Customer, customer_id)),
        (false, _) => Ok((Author::Company, customer_id)),
    }
}

/// What customers say of a studio, newest first; one more than `limit` says that there are more.
pub async fn list_reviews_of_studio(
    app: &App,
    studio_id: StudioId,
    page: (Option<store::Position>, i64),
) -> Result<Vec<Review>, ReviewError> {
    let mut conn = app.db.conn().await?;
    studios::find_company_of(&mut conn, studio_id).await?.ok_or(ReviewError::NotFound)?;
    Ok(store::list_shown(&mut conn, studio_id, app.clock.now(), page).await?)
}

/// What the caller may see of a booking's two reviews: their own side's at once, the other's when it is shown.
pub async fn list_reviews_of_booking(
    app: &App,
    caller: &Caller,
    booking_id: BookingId,
) -> Result<Vec<Review>, ReviewError> {
    let mut conn = app.db.conn().await?;
    let booking = find_booking(&mut conn, booking_id, &Access::of(caller)).await?.ok_or(ReviewError::NotFound)?;
    let side = if booking.customer_id() == Some(caller.user_id()) { Author::Customer } else { Author::Company };
    let (written, now) = (store::list_of_booking(&mut conn, booking_id).await?, app.clock.now());
    Ok(written.into_iter().filter(|review| review.author == side || review.is_shown(now)).collect())
}

/// The company answers a customer's review, once; for its managers.
pub async fn reply(app: &App, caller: &Caller, id: ReviewId, words: &str) -> Result<Review, Problem> {
    let review = find_seen(app, caller, id).await?;
    if review.author == Author::Company {
        return Err(ReviewError::NotFound.into());
    }
    caller.manager_of(review.company_id)?;
    let (mut conn, now) = (app.db.conn().await?, app.clock.now());
    let replied = store::reply(&mut conn, id, words, now).await.map_err(ReviewError::from)?;
    Ok(replied.ok_or(ReviewError::AlreadyReplied)?)
}

/// A review that the caller sees: what the customer wrote is for everybody once it is shown, what the company wrote is
/// for the two of them.
pub async fn find_seen(app: &App, caller: &Caller, id: ReviewId) -> Result<Review, ReviewError> {
    let review = store::find(&mut *app.db.conn().await?, id).await?.ok_or(ReviewError::NotFound)?;
    let is_a_side = || review.customer_id == caller.user_id() || caller.role_in(review.company_id).is_some();
    let is_seen = review.is_shown(app.clock.now()) && (review.author == Author::Customer || is_a_side());
    if is_seen { Ok(review) } else { Err(ReviewError::NotFound) }
}

/// Adds what has been revealed by time to the ratings of its studios, each in a transaction of its own.
pub async fn count_revealed(app: &App, now: Timestamp) -> Result<(), ReviewError> {
    let studios = store::studios_to_count(&mut *app.db.conn().await?, now).await?;
    for studio_id in studios {
        app.db.transaction(async |conn| count_in_tx(conn, studio_id, now).await).await?;
    }
    Ok(())
}

async fn count_in_tx(conn: &mut Conn, studio_id: StudioId, now: Timestamp) -> Result<(), ReviewError> {
    store::lock_rating(conn, studio_id).await?;
    Ok(store::count_shown(conn, studio_id, now).await?)
}
