//! The table `early_events`.

use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, NullableExpressionMethods, QueryDsl, Queryable, Selectable,
    SelectableHelper, dsl::exists,
};
use diesel_async::RunQueryDsl;
use jiff::{SignedDuration, Timestamp};
use jiff_diesel::{Timestamp as DieselTimestamp, ToDiesel};
use store::{Conn, Error};

use crate::schema::{early_events, payments};

/// Longer than any payment takes to succeed.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);

#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = early_events, check_for_backend(diesel::pg::Pg))]
pub struct EarlyRow {
    pub provider: String,
    pub provider_event_id: String,
    pub provider_payment_id: String,
    pub payload: Vec<u8>,
    pub received_at: DieselTimestamp,
}

/// Whether a payment of that name has brought money.
pub async fn is_paid(conn: &mut Conn, provider: &str, provider_payment_id: &str) -> Result<bool, Error> {
    let paid = payments::table
        .filter(payments::provider.eq(provider))
        .filter(payments::provider_payment_id.eq(provider_payment_id))
        .filter(payments::status.eq("succeeded"));
    Ok(diesel::select(exists(paid)).get_result(conn).await?)
}

/// Keeps an event, and forgets those that have waited in vain.
pub async fn keep(conn: &mut Conn, early: EarlyRow) -> Result<(), Error> {
    let horizon: Timestamp = early.received_at.to_jiff() - KEPT_FOR;
    diesel::delete(early_events::table.filter(early_events::received_at.lt(horizon.to_diesel()))).execute(conn).await?;
    diesel::insert_into(early_events::table).values(early).on_conflict_do_nothing().execute(conn).await?;
    Ok(())
}

/// Up to `limit` events whose payment is known to be paid by now.
pub async fn list_ready(conn: &mut Conn, limit: i64) -> Result<Vec<EarlyRow>, Error> {
    let paid = payments::table
        .filter(payments::provider.eq(early_events::provider))
        .filter(payments::provider_payment_id.eq(early_events::provider_payment_id.nullable()))
        .filter(payments::status.eq("succeeded"));
    let rows = early_events::table
        .filter(early_events::error.is_null().and(exists(paid)))
        .order(early_events::received_at)
        .select(EarlyRow::as_select())
        .limit(limit)
        .load(conn)
        .await?;
    Ok(rows)
}

/// Removes an event, which is being taken in; false where somebody else has.
pub async fn take(conn: &mut Conn, early: &EarlyRow) -> Result<bool, Error> {
    let key = (early.provider.as_str(), early.provider_event_id.as_str());
    Ok(diesel::delete(early_events::table.find(key)).execute(conn).await? == 1)
}

/// It cannot be taken in, and is left to people.
pub async fn give_up(conn: &mut Conn, early: &EarlyRow, error: &str) -> Result<(), Error> {
    let key = (early.provider.as_str(), early.provider_event_id.as_str());
    diesel::update(early_events::table.find(key)).set(early_events::error.eq(error)).execute(conn).await?;
    Ok(())
}
