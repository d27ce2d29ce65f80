//! Which bookings use which promotion.

use std::collections::HashMap;

use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryableByName, SelectableHelper,
    dsl::{exists, select},
    sql_types,
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{BookingId, PromotionId, UserId};
use store::{Conn, Error};

use super::{
    PromotionError,
    model::{Promotion, Uses},
    store::{PromotionRow, lock_promotion},
};
use crate::schema::{bookings, promotion_redemptions as redemptions, promotions};

/// Writes down that a new booking uses a promotion. Whether it may is said by [`confirm_use_in_tx`].
pub async fn insert_redemption(
    conn: &mut Conn,
    booking_id: BookingId,
    promotion_id: PromotionId,
    customer_id: Option<UserId>,
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(redemptions::table)
        .values((
            redemptions::booking_id.eq(booking_id),
            redemptions::promotion_id.eq(promotion_id),
            redemptions::customer_user_id.eq(customer_id),
            redemptions::redeemed_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Makes sure, under the promotion's lock, that what a booking has redeemed is still there for it: a hold that lapsed
/// has given its use back, and somebody else may have it by now. One that is kept until an instant has its use where
/// nobody has changed anything since.
pub async fn confirm_use_in_tx(
    conn: &mut Conn,
    booking_id: BookingId,
    kept_until: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), PromotionError> {
    let found: Option<(PromotionId, Option<UserId>)> = redemptions::table
        .find(booking_id)
        .select((redemptions::promotion_id, redemptions::customer_user_id))
        .first(conn)
        .await
        .optional()
        .map_err(Error::from)?;
    let Some((promotion_id, customer_id)) = found else { return Ok(()) };
    let promotion = lock_promotion(conn, promotion_id).await?;
    if let Some(until) = kept_until
        && !others_changed(conn, promotion_id, booking_id, until).await?
    {
        return Ok(());
    }
    let others = count_others(conn, promotion_id, customer_id, Some(booking_id), now).await?;
    Ok(promotion.check_uses(others)?)
}

async fn others_changed(
    conn: &mut Conn,
    promotion_id: PromotionId,
    booking_id: BookingId,
    since: Timestamp,
) -> Result<bool, Error> {
    let changed = redemptions::table
        .inner_join(bookings::table)
        .filter(redemptions::promotion_id.eq(promotion_id))
        .filter(redemptions::booking_id.ne(booking_id))
        .filter(bookings::updated_at.ge(since.to_diesel()));
    Ok(select(exists(changed)).get_result(conn).await?)
}

/// The promotion that a booking has redeemed; what it takes off stays the booking's, whatever became of it.
pub async fn find_redeemed(conn: &mut Conn, booking_id: BookingId) -> Result<Option<Promotion>, Error> {
    let row: Option<PromotionRow> = redemptions::table
        .inner_join(promotions::table)
        .filter(redemptions::booking_id.eq(booking_id))
        .select(PromotionRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(Promotion::from))
}

#[derive(QueryableByName)]
struct UsesRow {
    #[diesel(sql_type = sql_types::Uuid)]
    promotion_id: PromotionId,
    #[diesel(sql_type = sql_types::BigInt)]
    uses: i64,
    #[diesel(sql_type = sql_types::BigInt)]
    by_customer: i64,
}

/// Counts uses of promotions whose bookings count at an instant: those that ended before their time, and holds and
/// requests that have lapsed by then, do not.
const COUNT: &str = "SELECT r.promotion_id, count(*) AS uses,
        count(*) FILTER (WHERE r.customer_user_id = $2) AS by_customer
    FROM promotion_redemptions r JOIN bookings b ON b.id = r.booking_id
    WHERE r.promotion_id = ANY ($1) AND b.id IS DISTINCT FROM $3
      AND CASE b.status WHEN 'held' THEN b.hold_expires_at > $4 WHEN 'requested' THEN b.request_expires_at > $4
                        ELSE b.status IN ('confirmed', 'completed', 'no_show') END
    GROUP BY r.promotion_id";

/// How often others use a promotion; only exact under its lock.
pub async fn count_others(
    conn: &mut Conn,
    promotion_id: PromotionId,
    customer_id: Option<UserId>,
    except: Option<BookingId>,
    now: Timestamp,
) -> Result<Uses, Error> {
    let rows = count(conn, &[promotion_id], customer_id, except, now).await?;
    let uses = rows.into_iter().next().map(|row| Uses { all: row.uses, by_customer: row.by_customer });
    Ok(uses.unwrap_or_default())
}

/// How often each promotion is in use, for show.
pub async fn count_uses(
    conn: &mut Conn,
    promotions: &[PromotionId],
    now: Timestamp,
) -> Result<HashMap<PromotionId, i64>, Error> {
    let rows = count(conn, promotions, None, None, now).await?;
    Ok(rows.into_iter().map(|row| (row.promotion_id, row.uses)).collect())
}

async fn count(
    conn: &mut Conn,
    promotions: &[PromotionId],
    customer_id: Option<UserId>,
    except: Option<BookingId>,
    now: Timestamp,
) -> Result<Vec<UsesRow>, Error> {
    let rows = diesel::sql_query(COUNT)
        .bind::<sql_types::Array<sql_types::Uuid>, _>(promotions)
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(customer_id)
        .bind::<sql_types::Nullable<sql_types::Uuid>, _>(except)
        .bind::<sql_types::Timestamptz, _>(now.to_diesel())
        .load(conn)
        .await?;
    Ok(rows)
}
