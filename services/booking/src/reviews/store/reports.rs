//! Rows of reports, and of what the platform has decided.

use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, Queryable, Selectable, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{ReviewId, UserId};
use store::{Conn, Error};

use super::ReviewRow;
use crate::{
    reviews::model::{Decided, Decision, Report, Review},
    schema::{review_decisions as decisions, review_reports as reports, reviews},
};

/// More than anybody reads about one review.
const MOST_OF_ONE: i64 = 100;

#[derive(Queryable, Selectable)]
#[diesel(table_name = reports, check_for_backend(diesel::pg::Pg))]
pub(super) struct ReportRow {
    reporter: UserId,
    reason: String,
    created_at: jiff_diesel::Timestamp,
    settled_at: NullableTimestamp,
}

impl From<ReportRow> for Report {
    fn from(row: ReportRow) -> Self {
        Self {
            reporter: row.reporter,
            reason: row.reason,
            created_at: row.created_at.to_jiff(),
            settled_at: row.settled_at.to_jiff(),
        }
    }
}

/// One for each person: a second one replaces the first, and is looked at anew.
pub async fn report(
    conn: &mut Conn,
    id: ReviewId,
    (reporter, reason): (UserId, &str),
    now: Timestamp,
) -> Result<(), Error> {
    let created = || reports::created_at.eq(now.to_diesel());
    diesel::insert_into(reports::table)
        .values((reports::review_id.eq(id), reports::reporter.eq(reporter), reports::reason.eq(reason), created()))
        .on_conflict((reports::review_id, reports::reporter))
        .do_update()
        .set((reports::reason.eq(reason), created(), reports::settled_at.eq(None::<jiff_diesel::Timestamp>)))
        .execute(conn)
        .await?;
    Ok(())
}

/// A place in the list of reports.
pub type ReportPosition = (Timestamp, ReviewId, UserId);

/// Reports that nobody has looked at, oldest first.
pub async fn list_open_reports(
    conn: &mut Conn,
    (after, limit): (Option<ReportPosition>, i64),
) -> Result<Vec<(Report, Review)>, Error> {
    let mut query = reports::table
        .inner_join(reviews::table)
        .filter(reports::settled_at.is_null())
        .order((reports::created_at, reports::review_id, reports::reporter))
        .limit(limit)
        .select((ReportRow::as_select(), ReviewRow::as_select()))
        .into_boxed();
    if let Some((at, id, reporter)) = after {
        let at = at.to_diesel();
        let in_review = reports::review_id.eq(id).and(reports::reporter.gt(reporter));
        let at_once = reports::created_at.eq(at).and(reports::review_id.gt(id).or(in_review));
        query = query.filter(reports::created_at.gt(at).or(at_once));
    }
    let rows: Vec<(ReportRow, ReviewRow)> = query.load(conn).await?;
    Ok(rows.into_iter().map(|(report, review)| (report.into(), review.into())).collect())
}

/// The latest first.
pub async fn list_reports_of(conn: &mut Conn, id: ReviewId) -> Result<Vec<Report>, Error> {
    let of_it = reports::table.filter(reports::review_id.eq(id)).order(reports::created_at.desc()).limit(MOST_OF_ONE);
    let rows: Vec<ReportRow> = of_it.select(ReportRow::as_select()).load(conn).await?;
    Ok(rows.into_iter().map(Report::from).collect())
}

pub async fn settle_reports(conn: &mut Conn, id: ReviewId, now: Timestamp) -> Result<(), Error> {
    let open = reports::table.filter(reports::review_id.eq(id)).filter(reports::settled_at.is_null());
    diesel::update(open).set(reports::settled_at.eq(now.to_diesel())).execute(conn).await?;
    Ok(())
}

pub async fn insert_decision(conn: &mut Conn, id: ReviewId, decided: &Decided) -> Result<(), Error> {
    diesel::insert_into(decisions::table)
        .values((
            decisions::id.eq(kernel::new_uuid()),
            decisions::review_id.eq(id),
            decisions::decision.eq(decided.decision.as_str()),
            decisions::reason.eq(&decided.reason),
            decisions::decided_by.eq(decided.by),
            decisions::decided_at.eq(decided.at.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The latest first.
pub async fn list_decisions_of(conn: &mut Conn, id: ReviewId) -> Result<Vec<Decided>, Error> {
    let rows: Vec<(String, String, UserId, jiff_diesel::Timestamp)> = decisions::table
        .filter(decisions::review_id.eq(id))
        .order(decisions::id.desc())
        .limit(MOST_OF_ONE)
        .select((decisions::decision, decisions::reason, decisions::decided_by, decisions::decided_at))
        .load(conn)
        .await?;
    let decided = |(decision, reason, by, at): (String, String, UserId, jiff_diesel::Timestamp)| Decided {
        decision: Decision::from_column(&decision),
        reason,
        by,
        at: at.to_jiff(),
    };
    Ok(rows.into_iter().map(decided).collect())
}
