//! What billing hears, and what it does then.

use events::{Consumers, HandlerError};

use crate::{App, payables::PayableError, refunds::RefundError};

mod booking_cancelled;
mod booking_confirmed;
mod booking_declined;
mod booking_desk_payment_recorded;
mod booking_desk_refund_recorded;
mod booking_expired;
mod booking_held;
mod booking_no_show;
mod booking_overtime_charged;
mod booking_payment_applied;
mod booking_payment_orphaned;
mod booking_requested;
mod booking_rescheduled;
mod company_deleted;
mod email_changed;
mod provider_event_received;
mod user_erased;

pub fn consumers() -> Consumers<App> {
    Consumers::new()
        .on(|app: &App, conn, delivery| Box::pin(user_erased::handle(app, conn, delivery)))
        .on(|_, conn, delivery| Box::pin(email_changed::handle(conn, delivery)))
        .on(|app, conn, delivery| Box::pin(company_deleted::handle(app, conn, delivery)))
        .on(|app, conn, delivery| Box::pin(provider_event_received::handle(app, conn, delivery)))
        .about(provider_event_received::payment_of)
        .on(|app, conn, delivery| Box::pin(booking_requested::handle(app, conn, delivery)))
        .on(|app, conn, delivery| Box::pin(booking_held::handle(app, conn, delivery)))
        .on(|app, conn, delivery| Box::pin(booking_confirmed::handle(app, conn, delivery)))
        .on(|app, conn, delivery| Box::pin(booking_declined::handle(app, conn, delivery)))
        .on(|app, conn, delivery| Box::pin(booking_expired::handle(app, conn, delivery)))
        .on(|app, conn, delivery| Box::pin(booking_cancelled::handle(app, conn, delivery)))
        .on(|app, conn, delivery| Box::pin(booking_rescheduled::handle(app, conn, delivery)))
        .on(|app, conn, delivery| Box::pin(booking_overtime_charged::handle(app, conn, delivery)))
        .on(|app, conn, delivery| Box::pin(booking_no_show::handle(app, conn, delivery)))
        .on(|app, conn, delivery| Box::pin(booking_desk_payment_recorded::handle(app, conn, delivery)))
        .on(|app, conn, delivery| Box::pin(booking_desk_refund_recorded::handle(app, conn, delivery)))
        .on(|app, conn, delivery| Box::pin(booking_payment_applied::handle(app, conn, delivery)))
        .on(|app, conn, delivery| Box::pin(booking_payment_orphaned::handle(app, conn, delivery)))
}

impl From<PayableError> for HandlerError {
    fn from(error: PayableError) -> Self {
        match error {
            PayableError::Store(error) => Self::Store(error),
            other => Self::rejected(other),
        }
    }
}

impl From<RefundError> for HandlerError {
    fn from(error: RefundError) -> Self {
        match error {
            RefundError::Store(error) => Self::Store(error),
            other => Self::rejected(other),
        }
    }
}
