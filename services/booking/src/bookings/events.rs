//! From what happened to a booking to what the others are told. Every event carries the whole state after it.

use contracts::booking::v1::{
    BookingCancelled, BookingCompleted, BookingConfirmed, BookingDeclined, BookingExpired, BookingHeld,
    BookingPaymentApplied, BookingPaymentOrphaned, BookingRequested, BookingState,
};
use events::outbox::{self, Change as OutboxChange};
use jiff::Timestamp;
use store::{Conn, Error};

use super::{
    model::{Booking, Fact, Status},
    payment::{Orphan, Payment},
};

/// The names that events carry beside the booking's own row.
#[derive(Debug, Clone)]
pub struct Place {
    pub studio_name: String,
    pub room_name: String,
    /// ISO 3166-1 alpha-2.
    pub company_country: String,
}

/// One event of a booking's newest version. Several of one version differ in their ordinal.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    pub booking: &'a Booking,
    pub place: &'a Place,
    pub ordinal: i16,
    pub now: Timestamp,
}

impl Telling<'_> {
    fn change(&self) -> OutboxChange {
        OutboxChange {
            aggregate_type: "booking",
            aggregate_id: self.booking.id.uuid(),
            version: self.booking.version,
            ordinal: self.ordinal,
            tenant: Some(self.booking.company_id.uuid()),
            occurred_at: self.now,
        }
    }

    fn state(&self) -> Option<BookingState> {
        Some(state(self.booking, self.place, self.booking.status))
    }

    pub async fn requested(&self, conn: &Conn) -> Result<(), Error> {
        outbox::enqueue(conn, self.change(), &BookingRequested { booking: self.state() }).await?;
        Ok(())
    }

    pub async fn fact(&self, conn: &Conn, fact: &Fact) -> Result<(), Error> {
        let (change, booking) = (self.change(), self.state());
        match fact {
            Fact::Held => outbox::enqueue(conn, change, &BookingHeld { booking }).await?,
            Fact::Confirmed => outbox::enqueue(conn, change, &BookingConfirmed { booking }).await?,
            Fact::Declined => outbox::enqueue(conn, change, &BookingDeclined { booking }).await?,
            Fact::Expired => outbox::enqueue(conn, change, &BookingExpired { booking }).await?,
            Fact::Completed => outbox::enqueue(conn, change, &BookingCompleted { booking }).await?,
            Fact::Cancelled(cancellation) => {
                let event = BookingCancelled {
                    booking,
                    refund_amount: cancellation.refund.amount,
                    cancelled_by: cancellation.by.as_str().to_owned(),
                    reason: cancellation.reason.clone().unwrap_or_default(),
                };
                outbox::enqueue(conn, change, &event).await?
            }
        };
        Ok(())
    }

    pub async fn payment_applied(&self, conn: &Conn, payment: Payment) -> Result<(), Error> {
        let event = BookingPaymentApplied {
            booking: self.state(),
            payment_id: payment.id.to_string(),
            amount: payment.amount.amount,
        };
        outbox::enqueue(conn, self.change(), &event).await?;
        Ok(())
    }

    pub async fn payment_orphaned(&self, conn: &Conn, payment: Payment, why: Orphan) -> Result<(), Error> {
        let event = BookingPaymentOrphaned {
            booking: self.state(),
            payment_id: payment.id.to_string(),
            amount: payment.amount.amount,
            reason: why.as_str().to_owned(),
        };
        outbox::enqueue(conn, self.change(), &event).await?;
        Ok(())
    }
}

/// A booking as the contract has it, with the status that is to be told.
pub fn state(booking: &Booking, place: &Place, status: Status) -> BookingState {
    let price = &booking.price;
    BookingState {
        booking_id: booking.id.to_string(),
        version: booking.version,
        status: status.as_str().to_owned(),
        company_id: booking.company_id.to_string(),
        company_country: place.company_country.clone(),
        studio_id: booking.studio_id.to_string(),
        studio_name: place.studio_name.clone(),
        room_id: booking.room_id.to_string(),
        room_name: place.room_name.clone(),
        customer_user_id: booking.customer_id.to_string(),
        starts_at_micros: booking.interval.start().as_microsecond(),
        ends_at_micros: booking.interval.end().as_microsecond(),
        time_zone: booking.time_zone.clone(),
        currency: booking.currency().code().to_owned(),
        subtotal: price.subtotal.amount,
        tax: price.tax.amount,
        total: price.total.amount,
        deposit_due: price.deposit_due.amount,
        amount_paid: booking.amount_paid.amount,
        amount_refunded: booking.amount_refunded.amount,
        hold_expires_at_micros: booking.hold_expires_at.map(Timestamp::as_microsecond),
        room_ids: booking.room_ids().iter().map(ToString::to_string).collect(),
    }
}
