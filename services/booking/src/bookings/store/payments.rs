//! Payments and refunds that were heard of. Their keys make each of them count once.

use diesel::{
    ExpressionMethods, JoinOnDsl, NullableExpressionMethods, QueryDsl,
    dsl::{exists, select},
};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use jiff_diesel::ToDiesel;
use kernel::{BookingId, PaymentId, RefundId, UserId};
use store::{Conn, Error};

use crate::{
    bookings::payment::{DeskMethod, Orphan, Payment},
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

/// Money that staff have taken, with the price it was paid towards.
#[derive(Debug, Clone, Copy)]
pub struct DeskPayment {
    pub id: PaymentId,
    pub amount: i64,
    pub method: DeskMethod,
    pub recorded_by: UserId,
    pub price_subtotal: i64,
    pub price_total: i64,
    /// The platform's commission as it was then; `None` where that was not known.
    pub commission_ppm: Option<i32>,
}

/// The caller holds the booking's lock.
pub async fn record_desk_payment(
    conn: &mut Conn,
    booking_id: BookingId,
    payment: DeskPayment,
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(payments::table)
        .values((
            payments::payment_id.eq(payment.id),
            payments::booking_id.eq(booking_id),
            payments::amount.eq(payment.amount),
            payments::received_at.eq(now.to_diesel()),
            payments::method.eq(payment.method.as_str()),
            payments::recorded_by.eq(Some(payment.recorded_by)),
            payments::price_subtotal.eq(Some(payment.price_subtotal)),
            payments::price_total.eq(Some(payment.price_total)),
            payments::commission_ppm.eq(payment.commission_ppm),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// A payment at the desk, and what of it has been handed back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskPosition {
    pub id: PaymentId,
    pub method: String,
    pub amount: i64,
    pub refunded: i64,
    pub price_subtotal: i64,
    pub price_total: i64,
    pub commission_ppm: Option<i32>,
}

/// Id, method, amount; subtotal and total of the price it counted towards; the platform's commission.
type DeskRow = (PaymentId, String, i64, Option<i64>, Option<i64>, Option<i32>);

/// What was paid at the desk, the newest first.
pub async fn list_desk_payments(conn: &mut Conn, booking_id: BookingId) -> Result<Vec<DeskPosition>, Error> {
    let rows: Vec<DeskRow> = payments::table
        .filter(payments::booking_id.eq(booking_id))
        .filter(payments::method.ne("online"))
        .order((payments::received_at.desc(), payments::payment_id.desc()))
        .select((
            payments::payment_id,
            payments::method,
            payments::amount,
            payments::price_subtotal,
            payments::price_total,
            payments::commission_ppm,
        ))
        .load(conn)
        .await?;
    let back: Vec<(PaymentId, i64)> = refunds::table
        .filter(refunds::booking_id.eq(booking_id))
        .filter(refunds::method.ne("online"))
        .select((refunds::payment_id, refunds::amount))
        .load(conn)
        .await?;
    let position = |(id, method, amount, subtotal, total, commission_ppm): DeskRow| {
        let refunded = back.iter().filter(|(payment_id, _)| *payment_id == id).map(|(_, amount)| amount).sum();
        let (price_subtotal, price_total) = (subtotal.unwrap_or(amount), total.unwrap_or(amount));
        DeskPosition { id, method, amount, refunded, price_subtotal, price_total, commission_ppm }
    };
    Ok(rows.into_iter().map(position).collect())
}

/// Money that staff have handed back.
#[derive(Debug, Clone, Copy)]
pub struct DeskRefund {
    pub id: RefundId,
    pub payment_id: PaymentId,
    pub amount: i64,
    pub method: DeskMethod,
    pub recorded_by: UserId,
}

/// The caller holds the booking's lock.
pub async fn record_desk_refund(
    conn: &mut Conn,
    booking_id: BookingId,
    refund: DeskRefund,
    now: Timestamp,
) -> Result<(), Error> {
    diesel::insert_into(refunds::table)
        .values((
            refunds::refund_id.eq(refund.id),
            refunds::booking_id.eq(booking_id),
            refunds::payment_id.eq(refund.payment_id),
            refunds::amount.eq(refund.amount),
            refunds::received_at.eq(now.to_diesel()),
            refunds::method.eq(refund.method.as_str()),
            refunds::recorded_by.eq(Some(refund.recorded_by)),
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

/// A refund came back, which may be heard of before the refund itself. False when that is known already.
pub async fn record_returned_refund(
    conn: &mut Conn,
    booking_id: BookingId,
    refund_id: RefundId,
    payment_id: PaymentId,
    amount: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    record_refund(conn, booking_id, refund_id, payment_id, amount, now).await?;
    let there = refunds::table.find(refund_id).filter(refunds::returned_at.is_null());
    Ok(diesel::update(there).set(refunds::returned_at.eq(now.to_diesel())).execute(conn).await? == 1)
}

/// What went back of the payments that count. Refunds of orphaned payments are none of the booking's business.
pub async fn sum_refunds(conn: &mut Conn, booking_id: BookingId) -> Result<i64, Error> {
    let amounts: Vec<i64> = refunds::table
        .inner_join(payments::table.on(payments::payment_id.eq(refunds::payment_id)))
        .filter(refunds::booking_id.eq(booking_id))
        .filter(payments::orphaned.nullable().is_null())
        .filter(refunds::returned_at.is_null())
        .select(refunds::amount)
        .load(conn)
        .await?;
    Ok(amounts.into_iter().fold(0, i64::saturating_add))
}
