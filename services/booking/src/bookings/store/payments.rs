//! Payments and refunds that were heard of. Their keys make each of them count once.

use diesel::{
    ExpressionMethods, JoinOnDsl, NullableExpressionMethods, QueryDsl,
    dsl::{exists, select},
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{BookingId, PaymentId, RefundId};
use store::{Conn, Error};

use crate::{
    bookings::payment::{Orphan, Payment},
    schema::{booking_payments as payments, booking_refunds as refunds},
};

pub async fn payment_is_known(conn: &mut Conn, id: PaymentId) -> Result<bool, Error> {
    Ok(select(exists(payments::table.find(id))).get_result(conn).await?)
}

/// The caller holds the booking's lock and knows that the payment is new.
pub async fn record_payment(
    conn: &mut Conn,
    booking_id: BookingId,
    payment: Payment,
    orphaned: Option<Orphan>,
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(payments::table)
        .values((
            payments::payment_id.eq(payment.id),
            payments::booking_id.eq(booking_id),
            payments::amount.eq(payment.amount.amount),
            payments::orphaned.eq(orphaned.map(Orphan::as_str)),
            payments::received_at.eq(now.to_diesel()),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// False when the refund is known already.
pub async fn record_refund(
    conn: &mut Conn,
    booking_id: BookingId,
    refund_id: RefundId,
    payment_id: PaymentId,
    amount: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    let inserted = diesel::insert_into(refunds::table)
        .values((
            refunds::refund_id.eq(refund_id),
            refunds::booking_id.eq(booking_id),
            refunds::payment_id.eq(payment_id),
            refunds::amount.eq(amount),
            refunds::received_at.eq(now.to_diesel()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted == 1)
}

/// What went back of the payments that count. Refunds of orphaned payments are none of the booking's business.
pub async fn sum_refunds(conn: &mut Conn, booking_id: BookingId) -> Result<i64, Error> {
    let amounts: Vec<i64> = refunds::table
        .inner_join(payments::table.on(payments::payment_id.eq(refunds::payment_id)))
        .filter(refunds::booking_id.eq(booking_id))
        .filter(payments::orphaned.nullable().is_null())
        .select(refunds::amount)
        .load(conn)
        .await?;
    Ok(amounts.into_iter().fold(0, i64::saturating_add))
}
