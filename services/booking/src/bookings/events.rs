//! From what happened to a booking to what the others are told. Every event carries the whole state after it.

use contracts::booking::v1::{
    BookingCalendarConflict, BookingCancelled, BookingCheckedIn, BookingCompleted, BookingConfirmed, BookingDeclined,
    BookingDeskPaymentRecorded, BookingDeskRefundRecorded, BookingExpired, BookingHeld, BookingNoShow,
    BookingOvertimeCharged, BookingPaymentApplied, BookingPaymentOrphaned, BookingPaymentReminderDue, BookingRequested,
    BookingRescheduled, BookingState,
};
use events::outbox::{self, Change as OutboxChange};
use jiff::Timestamp;
use kernel::{BookingId, CalendarId, RoomId};
use store::{Conn, Error};

use super::{
    model::{Booking, Customer, Fact, Moved, Status},
    payment::{Orphan, Payment},
    store::{DeskPayment, DeskPosition, DeskRefund},
};

/// The names that events carry beside the booking's own row.
#[derive(Debug, Clone)]
pub struct Place {
    pub studio_name: String,
    pub room_name: String,
    /// ISO 3166-1 alpha-2.
    pub company_country: String,
}

/// An imported calendar is busy while a booking has the room.
#[derive(Debug, Clone)]
pub struct CalendarConflict {
    pub booking_id: BookingId,
    pub room_id: RoomId,
    pub calendar_id: CalendarId,
    pub calendar_name: String,
    pub busy_starts_at: Timestamp,
    pub busy_ends_at: Timestamp,
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
                    refund_at_desk: cancellation.refund_at_desk.amount,
                };
                outbox::enqueue(conn, change, &event).await?
            }
            Fact::NoShow => outbox::enqueue(conn, change, &BookingNoShow { booking }).await?,
            Fact::CheckedIn { .. } => outbox::enqueue(conn, change, &BookingCheckedIn { booking }).await?,
            Fact::OvertimeCharged { minutes, amount, .. } => {
                let event = BookingOvertimeCharged { booking, minutes: *minutes, amount: amount.amount };
                outbox::enqueue(conn, change, &event).await?
            }
            Fact::Rescheduled(moved) => return self.rescheduled(conn, moved).await,
        };
        Ok(())
    }

    async fn rescheduled(&self, conn: &Conn, moved: &Moved) -> Result<(), Error> {
        let event = BookingRescheduled {
            booking: self.state(),
            previous_starts_at_micros: moved.from.start().as_microsecond(),
            previous_ends_at_micros: moved.from.end().as_microsecond(),
            previous_room_ids: moved.from_rooms.iter().map(ToString::to_string).collect(),
            refund_amount: moved.credit.amount,
            refund_at_desk: moved.credit_at_desk.amount,
            rescheduled_by: moved.by.as_str().to_owned(),
        };
        outbox::enqueue(conn, self.change(), &event).await?;
        if moved.confirms {
            let next = Self { ordinal: self.ordinal + 1, ..*self };
            outbox::enqueue(conn, next.change(), &BookingConfirmed { booking: next.state() }).await?;
        }
        Ok(())
    }

    pub async fn desk_payment_recorded(&self, conn: &Conn, payment: DeskPayment) -> Result<(), Error> {
        let event = BookingDeskPaymentRecorded {
            booking: self.state(),
            payment_id: payment.id.to_string(),
            amount: payment.amount,
            method: payment.method.as_str().to_owned(),
            recorded_by: payment.recorded_by.to_string(),
            commission_ppm: payment.commission_ppm.map(i64::from),
        };
        outbox::enqueue(conn, self.change(), &event).await?;
        Ok(())
    }

    pub async fn desk_refund_recorded(&self, conn: &Conn, refund: DeskRefund, of: &DeskPosition) -> Result<(), Error> {
        let event = BookingDeskRefundRecorded {
            booking: self.state(),
            refund_id: refund.id.to_string(),
            payment_id: of.id.to_string(),
            amount: refund.amount,
            method: refund.method.as_str().to_owned(),
            payment_method: of.method.clone(),
            recorded_by: refund.recorded_by.to_string(),
            payment_amount: of.amount,
            refunded_before: of.refunded,
            price_subtotal: of.price_subtotal,
            price_total: of.price_total,
            commission_ppm: of.commission_ppm.map(i64::from),
        };
        outbox::enqueue(conn, self.change(), &event).await?;
        Ok(())
    }

    pub async fn payment_reminder_due(&self, conn: &Conn, until: Timestamp, is_hold: bool) -> Result<(), Error> {
        let event = BookingPaymentReminderDue {
            booking: self.state(),
            amount_due: self.booking.due().amount,
            due_until_micros: until.as_microsecond(),
            is_hold,
        };
        outbox::enqueue(conn, self.change(), &event).await?;
        Ok(())
    }

    pub async fn calendar_conflict(&self, conn: &Conn, conflict: &CalendarConflict) -> Result<(), Error> {
        let event = BookingCalendarConflict {
            booking: self.state(),
            room_id: conflict.room_id.to_string(),
            calendar_id: conflict.calendar_id.to_string(),
            calendar_name: conflict.calendar_name.clone(),
            busy_starts_at_micros: conflict.busy_starts_at.as_microsecond(),
            busy_ends_at_micros: conflict.busy_ends_at.as_microsecond(),
        };
        outbox::enqueue(conn, self.change(), &event).await?;
        Ok(())
    }

    pub async fn payment_applied(&self, conn: &Conn, payment: Payment) -> Result<(), Error> {
        let event = BookingPaymentApplied {
            booking: self.state(),
            payment_id: payment.id.to_string(),
            amount: payment.amount.amount,
            settlement: payment.settlement.map(|settled| contracts::booking::v1::CompanySettlement {
                commission: settled.commission,
                tax: settled.tax,
                passes_platform: settled.passes_platform,
            }),
            commission_ppm: payment.commission_ppm,
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
    let guest = match &booking.customer {
        Customer::Guest(guest) => Some(guest),
        Customer::Account(_) => None,
    };
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
        customer_user_id: booking.customer_id().map(|id| id.to_string()).unwrap_or_default(),
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
        guest_name: guest.map(|guest| guest.name.clone()).unwrap_or_default(),
        guest_email: guest.and_then(|guest| guest.email.clone()).unwrap_or_default(),
        credited: booking.credited,
        payment_mode: booking.payment_mode.as_str().to_owned(),
    }
}
