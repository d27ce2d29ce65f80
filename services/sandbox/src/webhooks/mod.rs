//! Events for the platform's webhook endpoint: written in the transaction of their cause, signed and sent by a job,
//! and sent again until they are taken.

mod deliver;
mod plan;
mod signature;
mod store;

use ::store::{Conn, Error};
use jiff::Timestamp;
use serde_json::{Value, json};

pub use deliver::{deliver_due, first_attempts_left};
pub use plan::{PlanRequest, WebhookPlan};

use crate::{payments::provider_id, stripe::API_VERSION};

/// Writes one event for each fact, and a delivery for each time the plan wants it to arrive.
pub async fn announce_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    told: Vec<(&'static str, Value)>,
    plan: &WebhookPlan,
) -> Result<(), Error> {
    let signed_off = kernel::clock::real_now();
    for (position, (event_type, object)) in (0..).zip(told) {
        let id = provider_id("evt");
        let body = event(&id, event_type, now, &object).to_string();
        store::insert_event(conn, &id, event_type, body, now).await?;
        for arrival in plan.arrivals(position) {
            store::insert_delivery(conn, &id, signed_off + arrival).await?;
        }
    }
    Ok(())
}

fn event(id: &str, event_type: &str, now: Timestamp, object: &Value) -> Value {
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
