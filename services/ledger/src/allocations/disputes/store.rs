//! The table `disputes`. A dispute about a booking is under the booking's lock, any other under its own.

use diesel::{ExpressionMethods, QueryDsl, Queryable, Selectable, SelectableHelper};
use diesel_async::RunQueryDsl;
use kernel::{BookingId, Currency, DisputeId, Money, PaymentId};
use store::{Conn, Error};

use super::model::{Dispute, DisputeState};
use crate::{allocations::AllocationError, schema::disputes};

#[derive(Queryable, Selectable)]
#[diesel(table_name = disputes, check_for_backend(diesel::pg::Pg))]
struct DisputeRow {
    dispute_id: DisputeId,
    payment_id: PaymentId,
    booking_id: Option<BookingId>,
    currency: Currency,
    amount: i64,
    state: String,
    fee: Option<i64>,
    reserved: i64,
}

impl DisputeRow {
    fn dispute(&self) -> Dispute {
        // The table knows no other states.
        let state = match self.state.as_str() {
            "won" => DisputeState::Won,
            "lost" => DisputeState::Lost,
            _ => DisputeState::Open,
        };
        Dispute { amount: self.amount, state, fee: self.fee, reserved: self.reserved }
    }
}

/// What a dispute is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject {
    pub payment_id: PaymentId,
    pub booking_id: Option<BookingId>,
}

/// Locks a dispute, and writes it where it was not heard of before; whether that is so comes with it.
pub async fn lock_dispute(
    conn: &mut Conn,
    id: DisputeId,
    about: Subject,
    amount: Money,
) -> Result<(Dispute, bool), AllocationError> {
    let written = diesel::insert_into(disputes::table)
        .values((
            disputes::dispute_id.eq(id),
            disputes::payment_id.eq(about.payment_id),
            disputes::booking_id.eq(about.booking_id),
            disputes::currency.eq(amount.currency),
            disputes::amount.eq(amount.amount),
            disputes::state.eq(DisputeState::Open.as_str()),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await
        .map_err(Error::from)?;
    let row: DisputeRow =
        disputes::table.find(id).select(DisputeRow::as_select()).for_update().first(conn).await.map_err(Error::from)?;
    let known = Subject { payment_id: row.payment_id, booking_id: row.booking_id };
    if known != about || row.currency != amount.currency {
        return Err(AllocationError::Contradiction);
    }
    Ok((row.dispute(), written == 1))
}

pub async fn save_dispute(conn: &mut Conn, id: DisputeId, dispute: &Dispute) -> Result<(), Error> {
    diesel::update(disputes::table.find(id))
        .set((
            disputes::state.eq(dispute.state.as_str()),
            disputes::fee.eq(dispute.fee),
            disputes::reserved.eq(dispute.reserved),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// The disputes about a booking's payments, whose lock the caller has.
pub async fn disputes_of(
    conn: &mut Conn,
    booking_id: BookingId,
) -> Result<Vec<(DisputeId, PaymentId, Dispute)>, Error> {
    let rows: Vec<DisputeRow> = disputes::table
        .filter(disputes::booking_id.eq(booking_id))
        .order(disputes::dispute_id)
        .select(DisputeRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.dispute_id, row.payment_id, row.dispute())).collect())
}
