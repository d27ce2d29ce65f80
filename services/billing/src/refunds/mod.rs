//! Refunds: money of a payment on its way back.
//!
//! A refund is an intent first, taken from what is left of its payment while the payment's row is locked, so that
//! refunds never sum above what was captured, whoever asks for them at the same time. A job makes the provider pay it
//! back under the refund's id and keeps at it until there is an answer; webhooks tell of it too.

pub mod commands;
mod error;
mod events;
pub mod http;
pub mod model;
mod planned;
pub mod store;

pub use error::RefundError;
pub use model::{Refund, RefundCause, RefundStatus};
pub use planned::{refund_cancellation_in_tx, refund_move_in_tx, refund_orphan_in_tx};
