//! Letters about money.

use kernel::Money;

use super::{Letter, words};
use crate::bookings::BookingFacts;

pub fn receipt(name: &str, number: &str, amount: Money, booking: Option<&BookingFacts>) -> Letter {
    let letter = Letter::new(format!("Receipt {number}"), name)
        .paragraph("Thank you for your payment.")
        .fact("Receipt", number)
        .fact("Amount", amount.to_string());
    paid_for(letter, booking)
}

pub fn refund(name: &str, amount: Money, reason: &str, booking: Option<&BookingFacts>) -> Letter {
    let why = match reason {
        "cancellation" => "Your booking was cancelled, and we have sent you this amount back.",
        "reschedule" => "Your booking was moved and costs less now, so we have sent you the difference back.",
        "orphan" => "Your payment could not be used for your booking, so we have sent it back.",
        _ => "We have sent you this amount back.",
    };
    let letter = Letter::new(format!("Refund of {amount}"), name)
        .paragraph(why)
        .paragraph("Depending on your bank it takes a few days to arrive.")
        .fact("Amount", amount.to_string());
    paid_for(letter, booking)
}

pub fn refund_failed(name: &str, amount: Money, booking: Option<&BookingFacts>) -> Letter {
    let letter = Letter::new(format!("Your refund of {amount} did not arrive"), name)
        .paragraph("We tried to send you this amount back, and your bank or card did not take it.")
        .paragraph(
            "The studio knows, and has to send it in another way. You need not do anything; answer them if they ask.",
        )
        .fact("Amount", amount.to_string());
    paid_for(letter, booking)
}

pub(super) fn paid_for(letter: Letter, booking: Option<&BookingFacts>) -> Letter {
    let Some(booking) = booking else { return letter };
    letter
        .fact("Studio", &booking.studio_name)
        .fact("Room", &booking.room_name)
        .fact("When", words::when(booking.starts_at, booking.ends_at, &booking.time_zone))
}
