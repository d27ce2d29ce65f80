//! Promotions: codes of a company that make its bookings cheaper, within dates, from an amount on, so many times.
//!
//! What always holds: no more bookings count as uses than a promotion allows, in all and for each customer. Uses are
//! counted under the lock of the promotion's row, in the transaction of the booking. A use comes back by itself when
//! its booking ends before its time: what counts is the booking's status at the instant of counting.

pub mod commands;
mod error;
pub mod http;
pub mod model;
pub mod redemptions;
pub mod store;

pub use error::{PromotionError, PromotionRefusal};
