//! Bookings' shares and payments' positions as rows. The booking is always locked first. Statements that do not wait for
//! each other's answers are one flight; PostgreSQL runs them one after the other.

use diesel::{ExpressionMethods, QueryDsl, Queryable, Selectable, SelectableHelper};
use diesel_async::RunQueryDsl;
use futures_util::try_join;
use jiff::Timestamp;
use jiff_diesel::{NullableTimestamp, ToDiesel};
use kernel::{BookingId, CompanyId, Currency, PaymentId, RefundId};
use store::{Conn, Error, sql::Prepare};

use super::{
    AllocationError, CompanySettlement,
    model::{BookingShare, PaymentPosition},
    settlement::FeePosition,
};
use crate::{
    rules::{ApplicationFee, Split},
    schema::{booking_shares, payment_positions, refund_moves},
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = booking_shares, check_for_backend(diesel::pg::Pg))]
struct BookingShareRow {
    company_id: CompanyId,
    currency: Currency,
    share: i64,
    completed_at: NullableTimestamp,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = payment_positions, check_for_backend(diesel::pg::Pg))]
struct PaymentPositionRow {
    booking_id: BookingId,
    amount: i64,
    refunded: i64,
    commission: Option<i64>,
    tax: Option<i64>,
    tax_country: Option<String>,
    fee_commission: Option<i64>,
    fee_tax: Option<i64>,
    fee_returned: Option<i64>,
    passes_platform: Option<bool>,
}

/// Locks a booking's share; whoever mentions the booking first writes the row.
pub async fn lock_booking(
    conn: &Conn,
    booking_id: BookingId,
    company_id: CompanyId,
    currency: Currency,
) -> Result<BookingShare, AllocationError> {
    let (_, row) = try_join!(insert_share(conn, booking_id, company_id, currency), lock_share(conn, booking_id))?;
    if row.company_id != company_id || row.currency != currency {
        return Err(AllocationError::Contradiction);
    }
    Ok(BookingShare { company_id, currency, share: row.share, completed: row.completed_at.to_jiff().is_some() })
}

async fn insert_share(
    mut conn: &Conn,
    booking_id: BookingId,
    company_id: CompanyId,
    currency: Currency,
) -> Result<(), Error> {
    diesel::insert_into(booking_shares::table)
        .values((
            booking_shares::booking_id.eq(booking_id),
            booking_shares::company_id.eq(company_id),
            booking_shares::currency.eq(currency),
        ))
        .on_conflict_do_nothing()
        .execute(&mut conn)
        .await?;
    Ok(())
}

async fn lock_share(mut conn: &Conn, booking_id: BookingId) -> Result<BookingShareRow, Error> {
    let share = booking_shares::table.find(booking_id).select(BookingShareRow::as_select()).for_update();
    Ok(share.first(&mut conn).await?)
}

pub async fn save_booking(
    mut conn: &Conn,
    booking_id: BookingId,
    share: &BookingShare,
    now: Timestamp,
) -> Result<(), Error> {
    let completed_at = share.completed.then(|| now.to_diesel());
    diesel::update(booking_shares::table.find(booking_id))
        .set((booking_shares::share.eq(share.share), booking_shares::completed_at.eq(completed_at)))
        .prepared()
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// What every event says of a payment.
#[derive(Debug, Clone, Copy)]
pub struct About {
    pub payment_id: PaymentId,
    pub booking_id: BookingId,
    pub settlement: Option<CompanySettlement>,
}

/// A payment's position, under the lock of its booking.
pub async fn payment_position(conn: &Conn, about: About, amount: i64) -> Result<PaymentPosition, AllocationError> {
    let About { payment_id, booking_id, settlement } = about;
    let (_, row) = try_join!(insert_position(conn, about, amount), read_row(conn, payment_id))?;
    if row.booking_id != booking_id || row.amount != amount {
        return Err(AllocationError::Contradiction);
    }
    let position = row.position()?;
    if position.fee.map(|fee| fee.settlement) != settlement {
        return Err(AllocationError::Contradiction);
    }
    Ok(position)
}

async fn insert_position(mut conn: &Conn, about: About, amount: i64) -> Result<(), Error> {
    let About { payment_id, booking_id, settlement } = about;
    diesel::insert_into(payment_positions::table)
        .values((
            payment_positions::payment_id.eq(payment_id),
            payment_positions::booking_id.eq(booking_id),
            payment_positions::amount.eq(amount),
            payment_positions::fee_commission.eq(settlement.map(|settled| settled.fee.commission())),
            payment_positions::fee_tax.eq(settlement.map(|settled| settled.fee.tax())),
            payment_positions::fee_returned.eq(settlement.map(|_| 0_i64)),
            payment_positions::passes_platform.eq(settlement.map(|settled| settled.passes_platform)),
        ))
        .on_conflict_do_nothing()
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// The position of a payment that is known, under the lock of its booking.
pub async fn read_position(conn: &Conn, payment_id: PaymentId) -> Result<PaymentPosition, AllocationError> {
    read_row(conn, payment_id).await?.position()
}

async fn read_row(mut conn: &Conn, payment_id: PaymentId) -> Result<PaymentPositionRow, Error> {
    Ok(payment_positions::table.find(payment_id).select(PaymentPositionRow::as_select()).first(&mut conn).await?)
}

impl PaymentPositionRow {
    fn position(self) -> Result<PaymentPosition, AllocationError> {
        let split = match (self.commission, self.tax, self.tax_country) {
            (Some(commission), Some(tax), Some(country)) => {
                Some((Split::restore(self.amount, commission, tax)?, country.parse()?))
            }
            _ => None,
        };
        let fee = match (self.fee_commission, self.fee_tax, self.fee_returned, self.passes_platform) {
            (Some(commission), Some(tax), Some(returned), Some(passes_platform)) => {
                let fee = ApplicationFee::restore(commission, tax)?;
                Some(FeePosition { settlement: CompanySettlement { fee, passes_platform }, returned })
            }
            _ => None,
        };
        Ok(PaymentPosition { amount: self.amount, refunded: self.refunded, split, fee })
    }
}

pub async fn save_payment(mut conn: &Conn, payment_id: PaymentId, position: &PaymentPosition) -> Result<(), Error> {
    let parts = position.split.as_ref().map(|(split, country)| (split.parts(), country.as_str()));
    diesel::update(payment_positions::table.find(payment_id))
        .set((
            payment_positions::refunded.eq(position.refunded),
            payment_positions::commission.eq(parts.map(|(parts, _)| parts.commission)),
            payment_positions::tax.eq(parts.map(|(parts, _)| parts.tax)),
            payment_positions::tax_country.eq(parts.map(|(_, country)| country)),
            payment_positions::fee_returned.eq(position.fee.map(|fee| fee.returned)),
        ))
        .prepared()
        .execute(&mut conn)
        .await?;
    Ok(())
}

/// Whether this is the first that is heard of a refund's going out or coming back.
pub async fn is_first_move(conn: &mut Conn, refund_id: RefundId, way: &str, at: Timestamp) -> Result<bool, Error> {
    let insert = diesel::insert_into(refund_moves::table).values((
        refund_moves::refund_id.eq(refund_id),
        refund_moves::way.eq(way),
        refund_moves::moved_at.eq(at.to_diesel()),
    ));
    Ok(insert.on_conflict_do_nothing().execute(conn).await? == 1)
}
