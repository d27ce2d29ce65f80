//! Bookings over HTTP.

mod act;
mod cancel;
mod create;
mod desk;
mod export;
mod internal;
mod links;
mod overtime;
mod read;
mod reschedule;
mod response;

pub use act::{check_in, confirm_booking, decline_booking, mark_no_show};
pub use cancel::{cancel_booking, quote_cancellation};
pub use create::{CustomerChoice, booker, create_booking};
pub use desk::{record_desk_payment, record_desk_refund};
pub use export::export_bookings;
pub use internal::{get_booking_for_service, get_booking_of_link, mint_link};
pub use links::{claim_booking, create_link, follow_link};
pub use overtime::charge_overtime;
pub use read::{filter_bookings, get_booking, list_history, list_mine};
pub use reschedule::{quote_reschedule, reschedule_booking};
pub use response::BookingResponse;

use kernel::BookingId;
use sha2::{Digest, Sha256};

/// The same body about another booking is another request.
fn fingerprint_of(body: [u8; 32], id: BookingId) -> [u8; 32] {
    Sha256::new().chain_update(body).chain_update(id.uuid()).finalize().into()
}
