//! Letters about bookings and payouts, to the company's people.

use jiff::Timestamp;
use kernel::{Money, PayoutId};

use super::{Letter, booking::about, words};
use crate::bookings::BookingFacts;

pub fn requested(name: &str, booking: &BookingFacts) -> Letter {
    let letter = Letter::new(format!("New request: {} at {}", booking.room_name, booking.studio_name), name)
        .paragraph("A customer asks for this room. Please approve or decline the request.");
    about(letter, booking)
}

pub fn confirmed(name: &str, booking: &BookingFacts) -> Letter {
    let letter = Letter::new(format!("New booking: {} at {}", booking.room_name, booking.studio_name), name)
        .paragraph("A booking is confirmed.");
    about(letter, booking)
}

pub fn cancelled(name: &str, booking: &BookingFacts, refund: Money, by_company: bool) -> Letter {
    let what = if by_company { "Your company has cancelled a booking." } else { "A customer has cancelled a booking." };
    let letter = Letter::new(format!("Booking cancelled: {} at {}", booking.room_name, booking.studio_name), name)
        .paragraph(what)
        .paragraph("The room is free again.");
    about(letter, booking).fact("Refund to the customer", refund.to_string())
}

pub fn rescheduled(name: &str, booking: &BookingFacts, previous_starts_at: Timestamp, by_company: bool) -> Letter {
    let what = if by_company { "Your company has moved a booking." } else { "A customer has moved a booking." };
    let letter =
        Letter::new(format!("Booking moved: {} at {}", booking.room_name, booking.studio_name), name).paragraph(what);
    about(letter, booking).fact("It was", words::at(previous_starts_at, &booking.time_zone))
}

pub fn calendar_conflict(
    name: &str,
    booking: &BookingFacts,
    calendar: &str,
    busy_starts_at: Timestamp,
    busy_ends_at: Timestamp,
) -> Letter {
    let letter = Letter::new(format!("Conflict: {} at {}", booking.room_name, booking.studio_name), name)
        .paragraph("A calendar that you import says that this room is busy while it is booked. The booking stays.");
    about(letter, booking)
        .fact("Calendar", calendar)
        .fact("Busy", words::when(busy_starts_at, busy_ends_at, &booking.time_zone))
}

pub fn payout_paid(name: &str, amount: Money, payout_id: PayoutId) -> Letter {
    Letter::new(format!("Paid out: {amount}"), name)
        .paragraph("We have sent this amount to your company's bank account. Your bank should have it by now.")
        .fact("Amount", amount.to_string())
        .fact("Payout", payout_id.to_string())
}

pub fn payout_failed(name: &str, amount: Money, payout_id: PayoutId, why: &str) -> Letter {
    Letter::new(format!("Payout failed: {amount}"), name)
        .paragraph("This amount did not reach your company's bank account. It is in your balance again.")
        .paragraph("Please look at your bank details with our payment provider, and ask for a new payout then.")
        .fact("Amount", amount.to_string())
        .fact("Reason", why)
        .fact("Payout", payout_id.to_string())
}
