//! What a mail is about, whom it is for, and how often it is tried.

use std::{fmt, str::FromStr, time::Duration};

use jiff::Timestamp;
use kernel::{BookingId, CompanyId, IdError, InvitationId, Money, PaymentId, PayoutId, PayoutReceiverId, UserId};
use serde::{Deserialize, Serialize};
use service_kit::peers::PeerError;

use crate::bookings::BookingFacts;

/// The occasion of a mail, with everything that is known when it is ordered. Its name and content are the columns
/// `template` and `parameters`, so a variant that has been in use keeps its shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "template", content = "parameters", rename_all = "snake_case")]
pub enum Occasion {
    /// The address, not the account, is to be verified: the mail goes there and nowhere else.
    VerifyEmail {
        token_id: String,
        email: String,
        name: String,
    },
    SessionReused {},
    /// To the invited address, whether or not it has an account.
    Invitation {
        invitation_id: InvitationId,
        email: String,
        company_name: String,
        role: String,
        invited_by_name: String,
    },
    /// As a verification, to the address it was asked for.
    ResetPassword {
        token_id: String,
        email: String,
        name: String,
    },
    PasswordChanged {
        by_link: bool,
    },
    ConfirmCurrentEmail {
        token_id: String,
        email: String,
        name: String,
        new_email: String,
    },
    ConfirmNewEmail {
        token_id: String,
        email: String,
        name: String,
    },
    /// To the address the account had.
    EmailChanged {
        previous_email: String,
    },
    SecondFactorChanged {
        change: String,
    },
    /// To somebody without an account, for whom staff hold a room.
    PayLink {
        booking: BookingFacts,
    },
    BookingConfirmed {
        booking: BookingFacts,
    },
    WaitlistOffered {
        booking: BookingFacts,
        until: Timestamp,
    },
    BookingDeclined {
        booking: BookingFacts,
    },
    BookingExpired {
        booking: BookingFacts,
    },
    BookingCancelled {
        booking: BookingFacts,
        refund: Money,
        by_company: bool,
    },
    BookingRescheduled {
        booking: BookingFacts,
        previous_starts_at: Timestamp,
        refund: Money,
        by_company: bool,
    },
    PaymentReminder {
        booking: BookingFacts,
        due: Money,
        until: Timestamp,
        /// Unpaid by then it is given up; else it is due, and the booking stays.
        is_hold: bool,
    },
    CompanyBookingRescheduled {
        booking: BookingFacts,
        previous_starts_at: Timestamp,
        by_company: bool,
    },
    CompanyCalendarConflict {
        booking: BookingFacts,
        calendar: String,
        busy_starts_at: Timestamp,
        busy_ends_at: Timestamp,
    },
    CompanyBookingRequested {
        booking: BookingFacts,
    },
    CompanyBookingConfirmed {
        booking: BookingFacts,
    },
    CompanyBookingCancelled {
        booking: BookingFacts,
        refund: Money,
        by_company: bool,
    },
    ReceiptIssued {
        number: String,
        amount: Money,
        booking_id: Option<BookingId>,
    },
    CompanyPayoutPaid {
        amount: Money,
        payout_id: PayoutId,
    },
    CompanyPayoutFailed {
        amount: Money,
        payout_id: PayoutId,
        why: String,
    },
    /// To the address at which a company wants to be paid, whoever reads it.
    ConfirmPayoutAddress {
        receiver_id: PayoutReceiverId,
        email: String,
        company_name: String,
    },
    /// Without the address, which may be a person's.
    CompanyPayoutAddressNamed {},
    RefundSent {
        amount: Money,
        reason: String,
        booking_id: Option<BookingId>,
    },
    RefundFailed {
        amount: Money,
        booking_id: Option<BookingId>,
    },
    CompanyRefundFailed {
        amount: Money,
        payment_id: PaymentId,
        why: String,
        booking_id: Option<BookingId>,
    },
    CompanyHoldNotRenewed {
        amount: Money,
        payment_id: PaymentId,
        why: String,
        until: Timestamp,
        booking_id: Option<BookingId>,
    },
}

impl Occasion {
    /// The booking that was paid, where the letter tells of a payment.
    pub fn paid_booking(&self) -> Option<BookingId> {
        match self {
            Self::ReceiptIssued { booking_id, .. }
            | Self::RefundSent { booking_id, .. }
            | Self::RefundFailed { booking_id, .. }
            | Self::CompanyRefundFailed { booking_id, .. }
            | Self::CompanyHoldNotRenewed { booking_id, .. } => *booking_id,
            _ => None,
        }
    }
}

/// A person, everybody who looks after a company, or whoever is invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    User(UserId),
    Company(CompanyId),
    Invited(InvitationId),
    /// Somebody without an account, for whom a booking was made.
    Guest(BookingId),
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::Company(id) => id.fmt(f),
            Self::Invited(id) => id.fmt(f),
            Self::Guest(id) => id.fmt(f),
        }
    }
}

impl FromStr for Recipient {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let user = text.parse().map(Self::User);
        let known = user.or_else(|_| text.parse().map(Self::Company)).or_else(|_| text.parse().map(Self::Invited));
        known.or_else(|_| text.parse().map(Self::Guest))
    }
}

/// Why a mail was not sent this time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DispatchError {
    /// Another attempt may succeed.
    #[error("{0}")]
    Later(String),
    /// There is no reason any more to send it.
    #[error("{0}")]
    Void(&'static str),
    /// No attempt will succeed.
    #[error("{0}")]
    Never(String),
}

impl From<store::Error> for DispatchError {
    fn from(error: store::Error) -> Self {
        Self::Later(error.to_string())
    }
}

impl From<PeerError> for DispatchError {
    fn from(error: PeerError) -> Self {
        // Not its text: an answer that was refused may quote what it was about.
        match error {
            PeerError::Unreachable { service, .. } => Self::Later(format!("{service} is out of reach")),
            PeerError::Refused { service, status, .. } => Self::Later(format!("{service} answered {status}")),
        }
    }
}

impl From<mail::MailError> for DispatchError {
    fn from(error: mail::MailError) -> Self {
        if error.is_transient() { Self::Later(error.to_string()) } else { Self::Never(error.to_string()) }
    }
}

/// Waits between attempts, in real seconds; about two days altogether, then the mail has failed.
const BACKOFF_SECS: [u64; 12] = [2, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400];

/// How long to wait after the `attempts`th attempt; `None` when it was the last.
pub fn backoff(attempts: i32) -> Option<Duration> {
    let index = usize::try_from(attempts).ok()?.checked_sub(1)?;
    BACKOFF_SECS.get(index).copied().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_tried_for_days_and_then_given_up() {
        assert_eq!(backoff(1), Some(Duration::from_secs(2)));
        assert_eq!(backoff(12), Some(Duration::from_secs(86_400)));
        assert_eq!(backoff(13), None);
        assert!(BACKOFF_SECS.is_sorted());
    }

    #[test]
    fn recipients_are_read_as_they_are_written() {
        let invited = Recipient::Invited(InvitationId::new());
        for recipient in [Recipient::User(UserId::new()), Recipient::Company(CompanyId::new()), invited] {
            assert_eq!(recipient.to_string().parse(), Ok(recipient));
        }
        assert!("rom_01h455vb4pex5vsknk084sn02q".parse::<Recipient>().is_err());
    }
}
