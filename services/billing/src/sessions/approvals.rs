//! Sessions whose customer has agreed and whose money is to be taken: `approved_at` of `payment_sessions`.

use diesel::{BoolExpressionMethods, ExpressionMethods, PgExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::PaymentId;
use store::{Conn, Error};

use crate::{schema::payment_sessions as sessions, stored};

/// The customer has agreed. Told again, it is taken as a new agreement: asking the provider once more costs nothing.
pub async fn record(conn: &mut Conn, payment_id: PaymentId, at: Timestamp) -> Result<(), Error> {
    diesel::update(sessions::table.find(payment_id))
        .set((
            sessions::approved_at.eq(at.to_diesel()),
            sessions::complete_retry_at.eq(None::<jiff_diesel::Timestamp>),
            sessions::complete_retries.eq(0),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The provider has been asked, or nobody should ask it any more. An agreement that was told meanwhile stays.
pub async fn settle(conn: &mut Conn, payment_id: PaymentId, approved_at: Option<Timestamp>) -> Result<(), Error> {
    diesel::update(sessions::table.find(payment_id))
        .filter(sessions::approved_at.is_not_distinct_from(approved_at.to_diesel()))
        .set(sessions::approved_at.eq(None::<jiff_diesel::Timestamp>))
        .execute(conn)
        .await?;
    Ok(())
}

pub async fn find(conn: &mut Conn, payment_id: PaymentId) -> Result<Option<Timestamp>, Error> {
    let at: jiff_diesel::NullableTimestamp =
        sessions::table.find(payment_id).select(sessions::approved_at).first(conn).await?;
    Ok(at.to_jiff())
}

/// Takes up to `limit` sessions whose money is to be taken, for this process alone until `lease_until`; by real time.
pub async fn claim(
    conn: &mut Conn,
    real_now: Timestamp,
    lease_until: Timestamp,
    limit: i64,
) -> Result<Vec<(PaymentId, i32)>, Error> {
    let retry_at = sessions::complete_retry_at;
    let ids: Vec<PaymentId> = sessions::table
        .filter(sessions::approved_at.is_not_null())
        .filter(retry_at.is_null().or(retry_at.le(real_now.to_diesel())))
        .order(sessions::approved_at)
        .limit(limit)
        .select(sessions::payment_id)
        .for_no_key_update()
        .skip_locked()
        .load(conn)
        .await?;
    let claimed = diesel::update(sessions::table.filter(sessions::payment_id.eq_any(ids)))
        .set((
            sessions::complete_retry_at.eq(lease_until.to_diesel()),
            sessions::complete_retries.eq(sessions::complete_retries + 1),
        ))
        .returning((sessions::payment_id, sessions::complete_retries))
        .get_results(conn)
        .await?;
    Ok(claimed)
}

/// The provider could not be asked: it is asked again at `retry_at`.
pub async fn postpone(conn: &mut Conn, payment_id: PaymentId, retry_at: Timestamp) -> Result<(), Error> {
    let postponed = sessions::complete_retry_at.eq(retry_at.to_diesel());
    let changed = diesel::update(sessions::table.find(payment_id)).set(postponed).execute(conn).await?;
    stored::exactly_one(changed)
}
