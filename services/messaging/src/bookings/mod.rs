//! What mails say about bookings: a copy of each booking's newest state.

mod model;
mod store;

pub use model::{BookingFacts, GuestContact, Occurred, UnreadableBooking, account};
pub use store::{find, remember};
