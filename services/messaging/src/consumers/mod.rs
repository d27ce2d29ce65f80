//! What messaging hears of, one file for each event.

mod authorization_renewal_failed;
mod booking_calendar_conflict;
mod booking_cancelled;
mod booking_confirmed;
mod booking_declined;
mod booking_expired;
mod booking_held;
mod booking_payment_reminder_due;
mod booking_requested;
mod booking_rescheduled;
mod company_created;
mod company_deleted;
mod email_change_requested;
mod email_changed;
mod invitation_requested;
mod membership_changed;
mod password_changed;
mod password_reset_requested;
mod payable;
mod payout_failed;
mod payout_paid;
mod payout_receiver_named;
mod receipt_issued;
mod refresh_token_reused;
mod refund_failed;
mod refund_returned;
mod refund_succeeded;
mod second_factor_changed;
mod user_erased;
mod user_registered;
mod user_updated;
mod user_verified;
mod verification_requested;
mod waitlist_offered;

use events::Consumers;

use crate::App;

pub fn consumers() -> Consumers<App> {
    Consumers::new()
        .on(|_: &App, conn, delivery| Box::pin(user_registered::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(user_verified::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(user_updated::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(verification_requested::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(refresh_token_reused::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(password_reset_requested::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(password_changed::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(email_change_requested::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(email_changed::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(second_factor_changed::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(company_created::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(membership_changed::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(company_deleted::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(invitation_requested::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(user_erased::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(booking_requested::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(booking_held::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(booking_confirmed::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(booking_declined::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(booking_expired::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(booking_cancelled::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(booking_rescheduled::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(booking_payment_reminder_due::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(booking_calendar_conflict::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(waitlist_offered::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(receipt_issued::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(refund_succeeded::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(refund_failed::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(refund_returned::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(authorization_renewal_failed::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(payout_paid::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(payout_failed::handle(conn, delivery)))
        .on(|_: &App, conn, delivery| Box::pin(payout_receiver_named::handle(conn, delivery)))
}
