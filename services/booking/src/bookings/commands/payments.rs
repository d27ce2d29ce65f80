//! Money that arrives for a booking, and money that went back. Both are heard of as events: in any order, repeatedly,
//! and long after the booking has ended.

use kernel::{BookingId, PaymentId, RefundId};
use store::Conn;

use super::{Locked, claim_in_tx, clear_the_way_in_tx, keep_in_tx, lock_in_tx};
use crate::{
    bookings::{
        BookingError, Refusal,
        events::Telling,
        model::{Fact, Status},
        occupancy,
        payment::{Origin, Orphan, Payment, Use, assess},
        store as bookings,
    },
    startup::App,
};

/// Uses a payment, or tells that it has to go back. Each payment counts once, however often it is heard of.
pub async fn receive_payment_in_tx(
    app: &App,
    conn: &mut Conn,
    id: BookingId,
    payment: Payment,
) -> Result<(), BookingError> {
    let mut locked = lock_in_tx(app, conn, id).await?;
    if bookings::payment_is_known(conn, payment.id).await? {
        return Ok(());
    }
    let used = match assess(&locked.booking, payment, locked.now) {
        Ok(Use::Retake) => retake_in_tx(conn, &locked).await?,
        Ok(Use::Confirm) => claim_again_in_tx(conn, &locked).await?,
        assessed => assessed,
    };
    let now = locked.now;
    bookings::record_payment(conn, id, payment, used.err(), now).await?;
    match used {
        Ok(how) => apply_in_tx(conn, &mut locked, payment, how).await,
        Err(why) => orphan_in_tx(conn, &mut locked, payment, why).await,
    }
}

/// Too late for the hold: the slot is taken again where nobody else has it.
async fn retake_in_tx(conn: &mut Conn, locked: &Locked) -> Result<Result<Use, Orphan>, BookingError> {
    let Locked { booking, now, .. } = locked;
    if !clear_the_way_in_tx(conn, booking, *now).await? {
        return Ok(Err(Orphan::SlotTaken));
    }
    let used = claim_again_in_tx(conn, locked).await?;
    if used.is_ok() {
        occupancy::occupy(conn, booking).await?;
    }
    Ok(used)
}

/// A hold whose time is over may have lost its engineers, its use of a promotion, or what it had of a stock.
async fn claim_again_in_tx(conn: &mut Conn, locked: &Locked) -> Result<Result<Use, Orphan>, BookingError> {
    let Locked { booking, now, .. } = locked;
    let claimed = match booking.status_at(*now) {
        Status::Expired => claim_in_tx(conn, booking, *now).await,
        _ => keep_in_tx(conn, booking, *now).await,
    };
    match claimed {
        Ok(()) => Ok(Ok(Use::Confirm)),
        Err(BookingError::Refused(Refusal::Promotion(_))) => Ok(Err(Orphan::PromotionUsedUp)),
        Err(BookingError::Refused(_)) => Ok(Err(Orphan::SlotTaken)),
        Err(error) => Err(error),
    }
}

async fn apply_in_tx(conn: &mut Conn, locked: &mut Locked, payment: Payment, how: Use) -> Result<(), BookingError> {
    let refunded = bookings::sum_refunds(conn, locked.booking.id).await?;
    let Locked { booking, place, now } = locked;
    let before = booking.version;
    booking.version += 1;
    if payment.origin == Origin::Held {
        booking.charge_beyond_due(payment.amount)?;
    }
    booking.amount_paid = booking.amount_paid.checked_add(payment.amount)?;
    // Its refund may have been heard of before the payment itself.
    booking.amount_refunded.amount = refunded;
    let confirms = how == Use::Confirm;
    if confirms {
        booking.status = Status::Confirmed;
    }
    bookings::update_booking(conn, booking, before, *now).await?;
    let telling = Telling { booking, place, ordinal: 0, now: *now };
    if confirms {
        telling.fact(conn, &Fact::Confirmed).await?;
    }
    Telling { ordinal: i16::from(confirms), ..telling }.payment_applied(conn, payment).await?;
    Ok(())
}

async fn orphan_in_tx(conn: &mut Conn, locked: &mut Locked, payment: Payment, why: Orphan) -> Result<(), BookingError> {
    let Locked { booking, place, now } = locked;
    let before = booking.version;
    // Nothing of the booking changes; the version gives the event its place among the others.
    booking.version += 1;
    bookings::update_booking(conn, booking, before, *now).await?;
    Telling { booking, place, ordinal: 0, now: *now }.payment_orphaned(conn, payment, why).await?;
    Ok(())
}

/// A refund as it is heard of.
#[derive(Debug, Clone, Copy)]
pub struct RefundHeard {
    pub id: RefundId,
    pub payment_id: PaymentId,
    pub amount: i64,
    /// It did not reach the customer, and counts no more.
    pub is_returned: bool,
}

/// Keeps the sum of what went back to the customer.
pub async fn receive_refund_in_tx(
    app: &App,
    conn: &mut Conn,
    id: BookingId,
    refund: RefundHeard,
) -> Result<(), BookingError> {
    let Locked { mut booking, now, .. } = lock_in_tx(app, conn, id).await?;
    let RefundHeard { id: refund_id, payment_id, amount, is_returned } = refund;
    let is_news = match is_returned {
        true => bookings::record_returned_refund(conn, id, refund_id, payment_id, amount, now).await?,
        false => bookings::record_refund(conn, id, refund_id, payment_id, amount, now).await?,
    };
    if !is_news {
        return Ok(());
    }
    let refunded = bookings::sum_refunds(conn, id).await?;
    if refunded == booking.amount_refunded.amount {
        return Ok(());
    }
    let before = booking.version;
    booking.version += 1;
    booking.amount_refunded.amount = refunded;
    bookings::update_booking(conn, &booking, before, now).await?;
    Ok(())
}
