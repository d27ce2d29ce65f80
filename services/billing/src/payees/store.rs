//! The table `payees`.

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::CompanyId;
use store::{Conn, Error};

use crate::schema::payees::{self, dsl};

/// Whether the company may be paid, until the end of the transaction: whoever closes it waits for those who are about to
/// pay, and finds their sessions then.
pub async fn takes_payments(conn: &mut Conn, company_id: CompanyId) -> Result<bool, Error> {
    diesel::insert_into(payees::table)
        .values(dsl::company_id.eq(company_id))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    let closed_at: NullableTimestamp =
        dsl::payees.find(company_id).select(dsl::closed_at).for_share().first(conn).await?;
    Ok(closed_at.to_jiff().is_none())
}

/// The first closing counts.
pub async fn close(conn: &mut Conn, company_id: CompanyId, now: Timestamp) -> Result<(), Error> {
    let closed_at = dsl::closed_at.eq(Some(now.to_diesel()));
    let insert = diesel::insert_into(payees::table).values((dsl::company_id.eq(company_id), closed_at));
    let upsert = insert.on_conflict(dsl::company_id).do_update().set(closed_at);
    diesel::query_dsl::methods::FilterDsl::filter(upsert, dsl::closed_at.is_null()).execute(conn).await?;
    Ok(())
}
