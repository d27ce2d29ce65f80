//! Complete objects: every field Stripe's clients may expect is there, null where the sandbox has nothing to say.

mod account;
mod charge;
mod dispute;
mod intent;
mod method;
mod movement;
mod payout;
mod portal;
mod refund;
mod session;
mod settlement;
mod transfer;

use jiff::Timestamp;
use serde_json::{Value, json};

pub use account::{account, account_link, balance};
pub use charge::charge;
pub use dispute::{DISPUTE_FEE, dispute};
pub use intent::{client_intent, client_secret, intent};
pub use method::{customer, deleted_customer, payment_method, setup_intent};
pub use movement::movement;
pub use payout::payout;
pub use portal::portal_session;
pub use refund::{refund, release};
pub use session::session;
pub use settlement::{application_fee, fee_refund, settled_reversal, settled_transfer};
pub use transfer::{reversal, transfer};

use super::API_VERSION;

/// <https://docs.stripe.com/api/events/object>
pub fn event(id: &str, event_type: &str, now: Timestamp, object: &Value) -> Value {
    json!({
        "id": id,
        "object": "event",
        "api_version": API_VERSION,
        "created": now.as_second(),
        "data": {"object": object},
        "livemode": false,
        "pending_webhooks": 1,
        "request": {"id": null, "idempotency_key": null},
        "type": event_type,
    })
}
