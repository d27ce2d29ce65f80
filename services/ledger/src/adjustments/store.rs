//! Corrections as rows.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, Queryable, Selectable, SelectableHelper,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, Timestamp as DieselTimestamp, ToDiesel};
use kernel::{AdjustmentId, TransferId, UserId};
use store::{Conn, Error};

use super::model::{Adjustment, AdjustmentStatus};
use crate::schema::adjustments as dsl;

#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = dsl, check_for_backend(diesel::pg::Pg))]
struct AdjustmentRow {
    id: AdjustmentId,
    reverses: Option<TransferId>,
    legs: serde_json::Value,
    effective_at: DieselTimestamp,
    reason: String,
    status: String,
    proposed_by: UserId,
    proposed_at: DieselTimestamp,
    decided_by: Option<UserId>,
    decided_at: NullableTimestamp,
    transfer_id: Option<TransferId>,
}

impl From<AdjustmentRow> for Adjustment {
    fn from(row: AdjustmentRow) -> Self {
        Self {
            id: row.id,
            reverses: row.reverses,
            // Only legs that were checked are ever written; what does not read as legs would not be approved either.
            legs: serde_json::from_value(row.legs).unwrap_or_default(),
            effective_at: row.effective_at.to_jiff(),
            reason: row.reason,
            status: AdjustmentStatus::parse(&row.status),
            proposed_by: row.proposed_by,
            proposed_at: row.proposed_at.to_jiff(),
            decided_by: row.decided_by,
            decided_at: row.decided_at.to_jiff(),
            transfer_id: row.transfer_id,
        }
    }
}

pub async fn insert_adjustment(conn: &mut Conn, adjustment: &Adjustment) -> Result<(), Error> {
    diesel::insert_into(dsl::table)
        .values((
            dsl::id.eq(adjustment.id),
            dsl::reverses.eq(adjustment.reverses),
            dsl::legs.eq(serde_json::to_value(&adjustment.legs).unwrap_or_default()),
            dsl::effective_at.eq(adjustment.effective_at.to_diesel()),
            dsl::reason.eq(&adjustment.reason),
            dsl::proposed_by.eq(adjustment.proposed_by),
            dsl::proposed_at.eq(adjustment.proposed_at.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn lock_adjustment(conn: &mut Conn, id: AdjustmentId) -> Result<Option<Adjustment>, Error> {
    let query = dsl::table.find(id).select(AdjustmentRow::as_select()).for_update();
    let row: Option<AdjustmentRow> = query.first(conn).await.optional()?;
    Ok(row.map(Adjustment::from))
}

/// Writes the decision that stands in the adjustment.
pub async fn save_decision(conn: &mut Conn, adjustment: &Adjustment) -> Result<(), Error> {
    diesel::update(dsl::table.find(adjustment.id))
        .set((
            dsl::status.eq(adjustment.status.as_str()),
            dsl::decided_by.eq(adjustment.decided_by),
            dsl::decided_at.eq(adjustment.decided_at.map(ToDiesel::to_diesel)),
            dsl::transfer_id.eq(adjustment.transfer_id),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Newest first.
pub async fn list_adjustments(
    conn: &mut Conn,
    before: Option<(Timestamp, AdjustmentId)>,
    limit: i64,
) -> Result<Vec<Adjustment>, Error> {
    let mut query = dsl::table
        .order((dsl::proposed_at.desc(), dsl::id.desc()))
        .select(AdjustmentRow::as_select())
        .limit(limit)
        .into_boxed();
    if let Some((at, id)) = before {
        let at = at.to_diesel();
        query = query.filter(dsl::proposed_at.lt(at).or(dsl::proposed_at.eq(at).and(dsl::id.lt(id))));
    }
    let rows: Vec<AdjustmentRow> = query.load(conn).await?;
    Ok(rows.into_iter().map(Adjustment::from).collect())
}
