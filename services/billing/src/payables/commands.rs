//! Keeping the copies current.

use contracts::booking::v1::BookingState;
use jiff::Timestamp;
use kernel::UserId;
use store::Conn;

use super::{BookingBody, Payable, PayableError, PayableRef, store as payables};
use crate::{
    App,
    authorizations::store::{Which, request_void_of_payable, think_again},
    sessions::store::{Purpose, request_close_of_payable},
};

/// Takes over a booking's state unless a newer one is known, and gives up the sessions of a booking that nobody
/// should pay any more, or not as much, and what is held for one that will not take place. The payable's row is locked
/// from here to the end of the transaction.
pub async fn take_booking_in_tx(
    conn: &mut Conn,
    booking: Option<&BookingState>,
    now: Timestamp,
) -> Result<Payable, PayableError> {
    let told = booking.ok_or_else(|| PayableError::Unreadable { field: "booking", detail: "is missing".to_owned() })?;
    let told = Payable::try_from(told)?;
    let before = payables::lock_payable(conn, told.reference).await?;
    let known = match &before {
        Some(before) if before.version >= told.version => before.clone(),
        _ => payables::upsert_newer(conn, &told, now).await?,
    };
    // A session asks for a sum. After a move, overtime or a payment at the desk that is another one.
    let differs = |does: fn(&Payable, &Payable) -> bool| before.as_ref().is_some_and(|before| does(before, &known));
    if !known.is_open() {
        request_close_of_payable(conn, known.reference, Purpose::Any, now).await?;
        request_void_of_payable(conn, known.reference, Which::All, now).await?;
    } else if differs(|before, known| before.total != known.total || before.credited != known.credited) {
        request_close_of_payable(conn, known.reference, Purpose::Pay, now).await?;
    }
    if differs(|before, known| before.ends_at != known.ends_at) {
        think_again(conn, known.reference, now).await?;
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
    match (fetch_payable(app, reference, now).await, known) {
        (Err(PayableError::Peer(error)), Known::Refused) => {
            tracing::warn!(%error, "a refusal is decided by the copy: booking cannot be asked");
            Ok(())
        }
        (Err(PayableError::NotFound), Known::Refused) => Ok(()),
        (fetched, _) => fetched.map(|_| ()),
    }
}

/// Asks a payable's owner for it, and keeps a copy. Call it outside any transaction.
pub async fn fetch_payable(app: &App, reference: PayableRef, now: Timestamp) -> Result<Payable, PayableError> {
    let PayableRef::Booking(booking_id) = reference;
    let fetched: Option<BookingBody> = app.peers.get("booking", &format!("/internal/bookings/{booking_id}")).await?;
    let booking: BookingState = fetched.ok_or(PayableError::NotFound)?.into();
    app.db.transaction(async |conn| take_booking_in_tx(conn, Some(&booking), now).await).await
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
