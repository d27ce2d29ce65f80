//! Closed periods as rows.

use diesel::{ExpressionMethods, QueryDsl, Queryable, Selectable, SelectableHelper};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{Timestamp as DieselTimestamp, ToDiesel};
use kernel::UserId;
use store::{Conn, Error};

use crate::schema::closed_periods as dsl;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = dsl, check_for_backend(diesel::pg::Pg))]
pub struct PeriodRow {
    pub through: DieselTimestamp,
    pub closed_at: DieselTimestamp,
    pub closed_by: UserId,
    pub reason: String,
}

/// Waits for the transfers that are being posted.
pub async fn close_period(
    conn: &mut Conn,
    through: Timestamp,
    (closed_by, reason): (UserId, &str),
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(dsl::table)
        .values((
            dsl::through.eq(through.to_diesel()),
            dsl::closed_at.eq(now.to_diesel()),
            dsl::closed_by.eq(closed_by),
            dsl::reason.eq(reason),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Newest first.
pub async fn list_periods(conn: &mut Conn, before: Option<Timestamp>, limit: i64) -> Result<Vec<PeriodRow>, Error> {
    let mut query = dsl::table.order(dsl::through.desc()).select(PeriodRow::as_select()).limit(limit).into_boxed();
    if let Some(before) = before {
        query = query.filter(dsl::through.lt(before.to_diesel()));
    }
    Ok(query.load(conn).await?)
}
