//! Letters about a booking, to the customer.

use jiff::Timestamp;
use kernel::Money;
use url::Url;

use super::{Letter, words};
use crate::bookings::BookingFacts;

/// What every letter about a booking says of it.
pub fn about(letter: Letter, booking: &BookingFacts) -> Letter {
    letter
        .fact("Studio", &booking.studio_name)
        .fact("Room", &booking.room_name)
        .fact("When", words::when(booking.starts_at, booking.ends_at, &booking.time_zone))
        .fact("Price", booking.total.to_string())
}

pub fn confirmed(name: &str, booking: &BookingFacts) -> Letter {
    let letter = Letter::new(format!("Confirmed: {} at {}", booking.room_name, booking.studio_name), name)
        .paragraph("Your booking is confirmed.");
    let letter = about(letter, booking);
    if booking.amount_paid.is_positive() { letter.fact("Paid", booking.amount_paid.to_string()) } else { letter }
}

pub fn offered(name: &str, booking: &BookingFacts, until: Timestamp) -> Letter {
    let letter = Letter::new(format!("Free for you: {} at {}", booking.room_name, booking.studio_name), name)
        .paragraph("What you have waited for is free, and held for nobody but you.")
        .paragraph("Accept it and pay before the offer ends; after that it is the next one's turn.");
    about(letter, booking).fact("Held for you until", words::at(until, &booking.time_zone))
}

pub fn declined(name: &str, booking: &BookingFacts) -> Letter {
    let letter = Letter::new(format!("Declined: {} at {}", booking.room_name, booking.studio_name), name)
        .paragraph("The studio could not accept your request. Nothing was charged.");
    about(letter, booking)
}

pub fn expired(name: &str, booking: &BookingFacts) -> Letter {
    let letter = Letter::new(format!("Expired: {} at {}", booking.room_name, booking.studio_name), name)
        .paragraph("Your booking was not completed in time, so the room is free again. You can book it anew.")
        .paragraph("If your payment is still on its way, you will get either the room or your money back.");
    about(letter, booking)
}

pub fn cancelled(name: &str, booking: &BookingFacts, refund: Money, by_company: bool) -> Letter {
    let what = if by_company { "The studio has cancelled your booking." } else { "Your booking is cancelled." };
    let letter =
        Letter::new(format!("Cancelled: {} at {}", booking.room_name, booking.studio_name), name).paragraph(what);
    about(letter, booking).fact("Refund", refund.to_string())
}

pub fn rescheduled(
    name: &str,
    booking: &BookingFacts,
    previous_starts_at: Timestamp,
    refund: Money,
    by_company: bool,
) -> Letter {
    let what = if by_company { "The studio has moved your booking." } else { "Your booking is moved." };
    let letter = Letter::new(format!("Moved: {} at {}", booking.room_name, booking.studio_name), name).paragraph(what);
    let letter = about(letter, booking).fact("It was", words::at(previous_starts_at, &booking.time_zone));
    if refund.is_positive() { letter.fact("Refund", refund.to_string()) } else { letter }
}

/// What a link to pay by says.
pub const PAY: &str = "See and pay";

pub fn pay_link(name: &str, booking: &BookingFacts, due: Money, until: Timestamp, link: &Url) -> Letter {
    let letter = Letter::new(format!("Please pay: {} at {}", booking.room_name, booking.studio_name), name)
        .paragraph("The studio holds a room for you. You need no account to pay for it.")
        .paragraph("Unpaid, the room is given to others then. Whoever has the link can use it, once.");
    let letter = about(letter, booking).fact("Due", due.to_string());
    letter.fact("Until", words::at(until, &booking.time_zone)).action(PAY, link)
}

pub fn payment_reminder(name: &str, booking: &BookingFacts, due: Money, until: Timestamp, is_hold: bool) -> Letter {
    let what = if is_hold {
        "Your booking is not paid yet. Unpaid, the room is given to others then."
    } else {
        "A part of the price of your booking is still due."
    };
    let letter =
        Letter::new(format!("Please pay: {} at {}", booking.room_name, booking.studio_name), name).paragraph(what);
    about(letter, booking).fact("Due", due.to_string()).fact("Until", words::at(until, &booking.time_zone))
}
