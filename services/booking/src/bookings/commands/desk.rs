//! Money that staff take and hand back at the studio's desk.

use actix_web::http::StatusCode;
use jiff::Timestamp;
use kernel::{BookingId, CompanyId, Money, PaymentId, RefundId, UserId};
use serde::{Deserialize, Serialize};
use service_kit::{Caller, Idempotent, StoredAnswer};
use store::Conn;

use super::{Locked, claim_in_tx, clear_the_way_in_tx, keep_in_tx, lock_in_tx};
use crate::{
    bookings::{
        BookingError, Refusal,
        events::Telling,
        model::{Booking, Fact, Status},
        occupancy,
        payment::{DeskMethod, Use, assess_at_desk},
        store::{self as bookings, Access, DeskPayment, DeskRefund},
    },
    startup::App,
};

/// What staff have taken or handed back, in minor units of the booking's currency.
#[derive(Debug, Clone, Copy)]
pub struct DeskEntry {
    pub method: DeskMethod,
    pub amount: i64,
}

/// Counts money taken at the desk, once for each key; a hold that is paid by it is confirmed.
pub async fn record_desk_payment<R: Serialize + Send + Sync>(
    app: &App,
    caller: &Caller,
    request: &Idempotent,
    id: BookingId,
    entry: DeskEntry,
    answer: fn(&Booking, Timestamp) -> R,
) -> Result<StoredAnswer, BookingError> {
    let access = Access::of_staff(caller);
    // The connection goes back to the pool before billing is asked.
    let found = bookings::find_booking(&mut *app.db.conn().await?, id, &access).await?;
    let company_id = found.ok_or(BookingError::NotFound)?.company_id;
    let taking = Taking { entry, by: caller.user_id(), commission_ppm: ask_commission(app, company_id).await? };
    let recorded = request.once(&app.db, StatusCode::OK, async |conn| {
        let mut locked = lock_in_tx(app, conn, id).await?;
        take_in_tx(conn, &mut locked, taking).await?;
        Ok::<_, BookingError>(answer(&locked.booking, locked.now))
    });
    recorded.await
}

/// As billing answers.
#[derive(Debug, Deserialize)]
struct Commission {
    ppm: i32,
}

/// What the platform's commission on a company's payments is now. A billing that knows no commissions leaves it to the ledger.
/// Without an answer nothing is recorded: a payment at a wrong rate is worse than one that is written down a minute later.
async fn ask_commission(app: &App, company_id: CompanyId) -> Result<Option<i32>, BookingError> {
    let path = format!("/internal/companies/{company_id}/commission");
    let found: Option<Commission> = app.peers.get("billing", &path).await?;
    Ok(found.map(|found| found.ppm))
}

/// What is known of money at the desk before the booking is looked at.
#[derive(Debug, Clone, Copy)]
struct Taking {
    entry: DeskEntry,
    by: UserId,
    commission_ppm: Option<i32>,
}

async fn take_in_tx(conn: &mut Conn, locked: &mut Locked, taking: Taking) -> Result<(), BookingError> {
    let Taking { entry, by: recorded_by, commission_ppm } = taking;
    let Locked { booking, place, now } = locked;
    let amount = Money::new(entry.amount, booking.currency());
    let how = assess_at_desk(booking, amount, *now)?;
    if how == Use::Retake {
        if !clear_the_way_in_tx(conn, booking, *now).await? {
            return Err(Refusal::SlotTaken.into());
        }
        occupancy::occupy(conn, booking).await?;
    }
    match how {
        Use::Retake => claim_in_tx(conn, booking, *now).await?,
        Use::Confirm => keep_in_tx(conn, booking, *now).await?,
        Use::Apply => {}
    }
    let before = booking.version;
    booking.version += 1;
    booking.amount_paid = booking.amount_paid.checked_add(amount)?;
    booking.desk.paid += entry.amount;
    let confirms = how != Use::Apply;
    if confirms {
        booking.status = Status::Confirmed;
    }
    let payment = DeskPayment {
        id: PaymentId::new(),
        amount: entry.amount,
        method: entry.method,
        recorded_by,
        price_subtotal: booking.price.subtotal.amount,
        price_total: booking.price.total.amount,
        commission_ppm,
    };
    bookings::record_desk_payment(conn, booking.id, payment, *now).await?;
    bookings::update_booking(conn, booking, before, *now).await?;
    let telling = Telling { booking, place, ordinal: 0, now: *now };
    if confirms {
        telling.fact(conn, &Fact::Confirmed).await?;
    }
    Telling { ordinal: i16::from(confirms), ..telling }.desk_payment_recorded(conn, payment).await?;
    Ok(())
}

/// Counts money handed back at the desk, once for each key: what a cancellation or a move has promised, or what was paid
/// towards a hold that has lapsed.
pub async fn record_desk_refund<R: Serialize + Send + Sync>(
    app: &App,
    caller: &Caller,
    request: &Idempotent,
    id: BookingId,
    entry: DeskEntry,
    answer: fn(&Booking, Timestamp) -> R,
) -> Result<StoredAnswer, BookingError> {
    let (access, user_id) = (Access::of_staff(caller), caller.user_id());
    let recorded = request.once(&app.db, StatusCode::OK, async |conn| {
        bookings::find_booking(conn, id, &access).await?.ok_or(BookingError::NotFound)?;
        let mut locked = lock_in_tx(app, conn, id).await?;
        hand_back_in_tx(conn, &mut locked, entry, user_id).await?;
        Ok::<_, BookingError>(answer(&locked.booking, locked.now))
    });
    recorded.await
}

/// The newest payment goes back first; each part of it is an event of its own.
async fn hand_back_in_tx(
    conn: &mut Conn,
    locked: &mut Locked,
    entry: DeskEntry,
    recorded_by: UserId,
) -> Result<(), BookingError> {
    let Locked { booking, place, now } = locked;
    if entry.amount > booking.desk_refund_due(*now).amount {
        return Err(Refusal::RefundExceedsDue.into());
    }
    let before = booking.version;
    booking.version += 1;
    booking.hand_back(Money::new(entry.amount, booking.currency()))?;
    let positions = bookings::list_desk_payments(conn, booking.id).await?;
    bookings::update_booking(conn, booking, before, *now).await?;
    let (mut left, mut ordinal) = (entry.amount, 0);
    for position in positions {
        let amount = left.min(position.amount - position.refunded);
        if amount <= 0 {
            continue;
        }
        let (id, method) = (RefundId::new(), entry.method);
        let refund = DeskRefund { id, payment_id: position.id, amount, method, recorded_by };
        bookings::record_desk_refund(conn, booking.id, refund, *now).await?;
        Telling { booking, place, ordinal, now: *now }.desk_refund_recorded(conn, refund, &position).await?;
        left -= amount;
        ordinal += 1;
    }
    Ok(())
}
