//! Which letter tells of what.

use super::Occasion;
use crate::{
    bookings::BookingFacts,
    letters::{Letter, account, booking, company, payment},
};

/// The letter of an occasion to somebody of that name; a payment's tells of the booking it was for. `None` for those that
/// carry a one-time link.
pub fn letter_for(name: &str, occasion: Occasion, paid_for: Option<&BookingFacts>) -> Option<Letter> {
    Some(match occasion {
        Occasion::VerifyEmail { .. }
        | Occasion::ResetPassword { .. }
        | Occasion::ConfirmCurrentEmail { .. }
        | Occasion::ConfirmNewEmail { .. }
        | Occasion::Invitation { .. }
        | Occasion::ConfirmPayoutAddress { .. }
        | Occasion::PayLink { .. } => return None,
        Occasion::PasswordChanged { by_link } => account::password_changed(name, by_link),
        Occasion::EmailChanged { .. } => account::email_changed(name),
        Occasion::SecondFactorChanged { change } => account::second_factor_changed(name, &change),
        Occasion::SessionReused {} => account::session_reused(name),
        Occasion::BookingConfirmed { booking } => booking::confirmed(name, &booking),
        Occasion::WaitlistOffered { booking, until } => booking::offered(name, &booking, until),
        Occasion::BookingDeclined { booking } => booking::declined(name, &booking),
        Occasion::BookingExpired { booking } => booking::expired(name, &booking),
        Occasion::BookingCancelled { booking, refund, by_company } => {
            booking::cancelled(name, &booking, refund, by_company)
        }
        Occasion::BookingRescheduled { booking, previous_starts_at, refund, by_company } => {
            booking::rescheduled(name, &booking, previous_starts_at, refund, by_company)
        }
        Occasion::PaymentReminder { booking, due, until, is_hold } => {
            booking::payment_reminder(name, &booking, due, until, is_hold)
        }
        Occasion::CompanyBookingRescheduled { booking, previous_starts_at, by_company } => {
            company::rescheduled(name, &booking, previous_starts_at, by_company)
        }
        Occasion::CompanyCalendarConflict { booking, calendar, busy_starts_at, busy_ends_at } => {
            company::calendar_conflict(name, &booking, &calendar, busy_starts_at, busy_ends_at)
        }
        Occasion::CompanyBookingRequested { booking } => company::requested(name, &booking),
        Occasion::CompanyBookingConfirmed { booking } => company::confirmed(name, &booking),
        Occasion::CompanyBookingCancelled { booking, refund, by_company } => {
            company::cancelled(name, &booking, refund, by_company)
        }
        Occasion::ReceiptIssued { number, amount, .. } => payment::receipt(name, &number, amount, paid_for),
        Occasion::CompanyPayoutPaid { amount, payout_id } => company::payout_paid(name, amount, payout_id),
        Occasion::CompanyPayoutFailed { amount, payout_id, why } => {
            company::payout_failed(name, amount, payout_id, &why)
        }
        Occasion::CompanyPayoutAddressNamed {} => company::payout_address_named(name),
        Occasion::RefundSent { amount, reason, .. } => payment::refund(name, amount, &reason, paid_for),
        Occasion::RefundFailed { amount, .. } => payment::refund_failed(name, amount, paid_for),
        Occasion::CompanyRefundFailed { amount, payment_id, why, .. } => {
            company::refund_failed(name, amount, (payment_id, &why), paid_for)
        }
        Occasion::CompanyHoldNotRenewed { amount, payment_id, why, until, .. } => {
            company::hold_not_renewed(name, amount, (payment_id, &why), until, paid_for)
        }
    })
}
