//! Where the money of a booking stands, whatever the order in which its events arrive.
//!
//! Money received is unallocated until booking says that a booking has taken the payment. A refund takes from where
//! the money is at that moment: from the parts it was split into, or from unallocated; a payment that is taken after
//! part of it was refunded is allocated as far as it is left. The company's share is pending until the booking is
//! over and payable from then on, whichever of its events is heard last. So every order of the same events ends in
//! the same balances, and each event takes effect once however often it is told.
//!
//! A payment may settle with the company itself (`settlement.rs`): then only the platform's fee is here.

mod commands;
mod desk;
mod disputes;
mod error;
pub mod model;
mod refunds;
mod settlement;
mod store;

pub use commands::{
    AppliedPayment, CompletedBooking, ReceivedPayment, allocate_payment_in_tx, complete_booking_in_tx,
    receive_payment_in_tx,
};
pub use desk::{DeskPayment, DeskRefund, return_at_desk_in_tx, take_at_desk_in_tx};
pub use disputes::{DisputeNews, DisputeState, record_dispute_in_tx};
pub use error::AllocationError;
pub use refunds::{RefundedPayment, refund_payment_in_tx, return_refund_in_tx};
pub use settlement::CompanySettlement;
