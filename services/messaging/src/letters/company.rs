//! Letters about bookings and payouts, to the company's people.

use jiff::Timestamp;
use kernel::{Money, PaymentId, PayoutId};
use url::Url;

use super::{Letter, booking::about, payment::paid_for, words};
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

pub fn refund_failed(
    name: &str,
    amount: Money,
    (payment_id, why): (PaymentId, &str),
    booking: Option<&BookingFacts>,
) -> Letter {
    let letter = Letter::new(format!("Refund failed: {amount}"), name)
        .paragraph("This amount could not be sent back to your customer. The customer has been told, and waits for it.")
        .paragraph("Please ask them how they want it, and refund the payment again or in another way.")
        .fact("Amount", amount.to_string())
        .fact("Reason", why)
        .fact("Payment", payment_id.to_string());
    paid_for(letter, booking)
}

pub fn hold_not_renewed(
    name: &str,
    amount: Money,
    (payment_id, why): (PaymentId, &str),
    until: Timestamp,
    booking: Option<&BookingFacts>,
) -> Letter {
    let time_zone = booking.map_or("UTC", |booking| booking.time_zone.as_str());
    let letter = Letter::new(format!("Held no longer: {amount}"), name)
        .paragraph("You hold this amount for a booking. The bank lets go of it soon, and it could not be held anew.")
        .paragraph("Take what you need of it before then, or ask the customer to let you hold it again.")
        .fact("Amount", amount.to_string())
        .fact("Held until", words::at(until, time_zone))
        .fact("Reason", why)
        .fact("Payment", payment_id.to_string());
    paid_for(letter, booking)
}

pub fn payout_paid(name: &str, amount: Money, payout_id: PayoutId) -> Letter {
    Letter::new(format!("Paid out: {amount}"), name)
        .paragraph("We have sent this amount to your company. It should have arrived by now.")
        .fact("Amount", amount.to_string())
        .fact("Payout", payout_id.to_string())
}

pub fn payout_failed(name: &str, amount: Money, payout_id: PayoutId, why: &str) -> Letter {
    Letter::new(format!("Payout failed: {amount}"), name)
        .paragraph("This amount did not reach your company. It is in your balance again.")
        .paragraph(
            "Please look at where you are paid: your bank details with our payment provider, or your address at PayPal. \
             Ask for a new payout then.",
        )
        .fact("Amount", amount.to_string())
        .fact("Reason", why)
        .fact("Payout", payout_id.to_string())
}

pub fn confirm_payout_address(company_name: &str, link: &Url) -> Letter {
    let company = words::name_of(company_name).unwrap_or_else(|| "A company".to_owned());
    Letter::new(format!("Confirm where {company} is paid"), "")
        .paragraph(format!(
            "{company} wants its payouts from Roomtone to be sent to the PayPal account of this address. Nothing is sent before you \
             have confirmed it: open the link while you are signed in as an owner of the company. It works for 24 hours."
        ))
        .action("Confirm the address", link)
        .closing("If you do not know of this, ignore this mail; no money will be sent here.")
}

pub fn payout_address_named(name: &str) -> Letter {
    Letter::new("Your company is about to be paid elsewhere", name)
        .paragraph(
            "An owner of your company has named an address at PayPal, to which your payouts are to be sent from now on. Nothing is paid \
             out before the address is confirmed.",
        )
        .paragraph("If you do not know of this, have the address taken back, and look at who your company's owners are.")
}
