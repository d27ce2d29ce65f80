//! Reports of reviews, and what the platform makes of them.

use ::store::Conn;
use kernel::ReviewId;
use service_kit::{Caller, PlatformAdmin};

use super::{
    ReviewError,
    commands::find_seen,
    model::{Decided, Decision, Report, Review},
    store::{self, ReportPosition},
};
use crate::startup::App;

/// Somebody thinks that a review they see should not be there; a second report of theirs replaces the first.
pub async fn report(app: &App, caller: &Caller, id: ReviewId, reason: &str) -> Result<(), ReviewError> {
    let review = find_seen(app, caller, id).await?;
    let mut conn = app.db.conn().await?;
    Ok(store::report(&mut conn, review.id, (caller.user_id(), reason), app.clock.now()).await?)
}

/// Reports that nobody has looked at, oldest first, each with its review.
pub async fn list_reports(
    app: &App,
    page: (Option<ReportPosition>, i64),
) -> Result<Vec<(Report, Review)>, ReviewError> {
    let mut conn = app.db.conn().await?;
    Ok(store::list_open_reports(&mut conn, page).await?)
}

/// All that a decision needs, and all that was decided before.
#[derive(Debug)]
pub struct Case {
    pub review: Review,
    pub reports: Vec<Report>,
    pub decisions: Vec<Decided>,
}

pub async fn find_case(app: &App, id: ReviewId) -> Result<Case, ReviewError> {
    let mut conn = app.db.conn().await?;
    let review = store::find(&mut conn, id).await?.ok_or(ReviewError::NotFound)?;
    let reports = store::list_reports_of(&mut conn, id).await?;
    let decisions = store::list_decisions_of(&mut conn, id).await?;
    Ok(Case { review, reports, decisions })
}

/// Settles the review's reports. What is hidden is neither shown nor counted until it is restored.
pub async fn decide(
    app: &App,
    admin: &PlatformAdmin,
    id: ReviewId,
    (decision, reason): (Decision, &str),
) -> Result<Case, ReviewError> {
    let decided = Decided { decision, reason: reason.to_owned(), by: admin.user_id(), at: app.clock.now() };
    app.db.transaction(async |conn| decide_in_tx(conn, id, &decided).await).await?;
    find_case(app, id).await
}

/// The lock of the studio comes first. Every decision is kept, also one that changes nothing.
async fn decide_in_tx(conn: &mut Conn, id: ReviewId, decided: &Decided) -> Result<(), ReviewError> {
    let review = store::find(conn, id).await?.ok_or(ReviewError::NotFound)?;
    store::lock_rating(conn, review.studio_id).await?;
    store::insert_decision(conn, id, decided).await?;
    store::settle_reports(conn, id, decided.at).await?;
    match decided.decision {
        Decision::Hide => store::hide(conn, id, decided.at).await?,
        Decision::Restore => {
            store::show_again(conn, id).await?;
            store::count_shown(conn, review.studio_id, decided.at).await?;
        }
        Decision::Keep => {}
    }
    Ok(())
}
