//! Sessions whose customer has agreed and whose money is to be taken: `approved_at` of `payment_sessions`.

use diesel::{ExpressionMethods, PgExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::PaymentId;
use store::{Conn, Error};

use crate::{schema::payment_sessions as sessions, worklist::Worklist};

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

/// Sessions whose money is to be taken.
pub const COMPLETIONS: Worklist<PaymentId> = Worklist {
    table: "payment_sessions",
    id: "payment_id",
    open: "approved_at IS NOT NULL",
    due: "true",
    order: "approved_at",
    planned: None,
    prefix: "complete_",
    typed: PaymentId::from_uuid,
};
