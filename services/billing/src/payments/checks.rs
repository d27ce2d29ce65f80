//! Which payments the provider is asked about: planned by the Clock in `check_at`, claimed and repeated by real time in
//! `check_retry_at`.

use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::PaymentId;
use store::{Conn, Error};

use crate::{schema::payments, stored};

/// Takes up to `limit` payments that the provider should be asked about, for this process alone until `lease_until`
/// (real time). Ends with [`finish_check`] or [`postpone_check`].
pub async fn claim_checks(
    conn: &mut Conn,
    now: Timestamp,
    real_now: Timestamp,
    lease_until: Timestamp,
    limit: i64,
) -> Result<Vec<(PaymentId, i32)>, Error> {
    let is_free = payments::check_retry_at.is_null().or(payments::check_retry_at.le(real_now.to_diesel()));
    let ids: Vec<PaymentId> = payments::table
        .filter(payments::check_at.le(now.to_diesel()))
        .filter(is_free)
        .order(payments::check_at)
        .limit(limit)
        .select(payments::id)
        .for_no_key_update()
        .skip_locked()
        .load(conn)
        .await?;
    let claimed = diesel::update(payments::table.filter(payments::id.eq_any(ids)))
        .set((
            payments::check_retry_at.eq(lease_until.to_diesel()),
            payments::check_retries.eq(payments::check_retries + 1),
        ))
        .returning((payments::id, payments::check_retries))
        .get_results(conn)
        .await?;
    Ok(claimed)
}

/// The question was answered: the next one is planned by the Clock.
pub async fn finish_check(conn: &mut Conn, id: PaymentId, next: Option<Timestamp>) -> Result<(), Error> {
    let changed = diesel::update(payments::table.find(id))
        .set((
            payments::check_at.eq(next.to_diesel()),
            payments::check_retry_at.eq(None::<jiff_diesel::Timestamp>),
            payments::check_retries.eq(0),
        ))
        .execute(conn)
        .await?;
    stored::exactly_one(changed)
}

/// The question was not answered: it is repeated at `retry_at`, by real time.
pub async fn postpone_check(conn: &mut Conn, id: PaymentId, retry_at: Timestamp) -> Result<(), Error> {
    let postponed = payments::check_retry_at.eq(retry_at.to_diesel());
    let changed = diesel::update(payments::table.find(id)).set(postponed).execute(conn).await?;
    stored::exactly_one(changed)
}

/// The earliest planned question; those being repeated are not planned.
pub async fn next_check_due(conn: &mut Conn) -> Result<Option<Timestamp>, Error> {
    let earliest: NullableTimestamp = payments::table
        .filter(payments::check_retry_at.is_null())
        .select(diesel::dsl::min(payments::check_at))
        .first(conn)
        .await?;
    Ok(earliest.to_jiff())
}
