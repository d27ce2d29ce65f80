//! Keeping the copies current.

use contracts::booking::v1::BookingState;
use jiff::Timestamp;
use kernel::UserId;
use store::Conn;

use super::{BookingBody, Payable, PayableError, PayableRef, store as payables};
use crate::{App, sessions};

/// Takes over a booking's state unless a newer one is known, and gives up the sessions of a booking that nobody
/// should pay any more, or not as much. The payable's row is locked from here to the end of the transaction.
pub async fn take_booking_in_tx(
    conn: &mut Conn,
    booking: Option<&BookingState>,
    now: Timestamp,
) -> Result<Payable, PayableError> {
    let told = booking.ok_or_else(|| PayableError::Unreadable { field: "booking", detail: "is missing".to_owned() })?;
    let told = Payable::try_from(told)?;
    let before = payables::lock_payable(conn, told.reference).await?;
    payables::upsert_newer(conn, &told, now).await?;
    let known = payables::lock_payable(conn, told.reference).await?.ok_or(PayableError::NotFound)?;
    // A session asks for a sum. After a move, overtime or a payment at the desk that is another one.
    let asks_for_less_or_more =
        before.is_some_and(|before| before.total != known.total || before.credited != known.credited);
    if !known.is_open() || asks_for_less_or_more {
        sessions::store::request_close_of_payable(conn, known.reference, now).await?;
    }
    Ok(known)
}

/// Makes sure that what is known of a payable is good enough to decide by: a copy that is missing, or by which the
/// payer would be refused, is fetched from its owner. Call it outside any transaction.
///
/// Where the owner cannot be asked, an existing copy decides.
pub async fn make_current(app: &App, reference: PayableRef, payer: UserId, now: Timestamp) -> Result<(), PayableError> {
    let known = find_charge(app, reference, payer, now).await?;
    if matches!(known, Known::Payable) {
        return Ok(());
    }
    let PayableRef::Booking(booking_id) = reference;
    let fetched: Option<BookingBody> = match app.peers.get("booking", &format!("/internal/bookings/{booking_id}")).await
    {
        Ok(fetched) => fetched,
        Err(error) if matches!(known, Known::Refused) => {
            tracing::warn!(%error, "a refusal is decided by the copy: booking cannot be asked");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let booking: BookingState = match (fetched, known) {
        (Some(body), _) => body.into(),
        (None, Known::Refused) => return Ok(()),
        (None, _) => return Err(PayableError::NotFound),
    };
    app.db.transaction(async |conn| take_booking_in_tx(conn, Some(&booking), now).await).await.map(|_| ())
}

enum Known {
    Nothing,
    Refused,
    Payable,
}

async fn find_charge(app: &App, reference: PayableRef, payer: UserId, now: Timestamp) -> Result<Known, PayableError> {
    let mut conn = app.db.conn().await?;
    let Some(payable) = payables::find_payable(&mut conn, reference).await? else { return Ok(Known::Nothing) };
    if payable.customer_user_id != Some(payer) {
        return Err(PayableError::NotFound);
    }
    let paid_here = payables::paid_here(&mut conn, reference).await?;
    Ok(if payable.charge(paid_here, now).is_ok() { Known::Payable } else { Known::Refused })
}
