//! Letters about a booking, to the company's people.

use kernel::Money;

use super::{Letter, booking::about};
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
