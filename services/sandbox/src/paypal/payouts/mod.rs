//! PayPal's Payouts API: batches, played with one item each.
//!
//! What always holds: a `sender_batch_id` is carried out once in thirty days; nothing is sent that the platform does not have; an
//! item that nobody claims is given back after thirty days; every change leaves its events in the same transaction.

pub mod http;
mod items;
mod objects;
mod store;

pub use items::{NewPayout, go_on_due, next_due, settle};

use ::store::Conn;
use jiff::Timestamp;
use serde_json::Value;

use super::PaypalError;

/// Takes a batch on, and answers what PayPal says of it then.
pub async fn accept_in_tx(conn: &mut Conn, now: Timestamp, new: NewPayout) -> Result<Value, PaypalError> {
    Ok(objects::accepted(&items::create_payout_in_tx(conn, now, new).await?))
}
