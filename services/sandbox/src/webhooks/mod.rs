//! Events for the platform's webhook endpoint: written in the transaction of their cause, signed and sent by a job,
//! and sent again until they are taken.

mod deliver;
mod plan;
mod signature;
mod store;

use ::store::{Conn, Error};
use jiff::Timestamp;
use serde_json::Value;

pub use deliver::{deliver_due, first_attempts_left};
pub use plan::{PlanRequest, WebhookPlan};

use crate::{
    payments::{Provider, provider_id, square_id},
    paypal, square, stripe,
};

/// Writes one event for each fact, and a delivery for each time the plan wants it to arrive.
pub async fn announce_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    provider: Provider,
    told: Vec<(&'static str, Value)>,
    plan: &WebhookPlan,
) -> Result<(), Error> {
    write_in_tx(conn, now, Origin { provider, account: None }, told, plan).await
}

/// The same for events of a connected account, once each and at once.
pub async fn announce_from_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    origin: Origin<'_>,
    told: Vec<(&'static str, Value)>,
) -> Result<(), Error> {
    write_in_tx(conn, now, origin, told, &WebhookPlan::default()).await
}

/// Writes an event of Stripe's about something that has changed, with what the fields that changed were `before`.
pub async fn announce_change_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    (event_type, object): (&'static str, Value),
    before: Value,
) -> Result<(), Error> {
    let id = provider_id("evt");
    let mut body = stripe::objects::event(&id, event_type, now, &object);
    body["data"]["previous_attributes"] = before;
    let event = Event { id, provider: Provider::Stripe, event_type, body: body.to_string() };
    store::insert_event(conn, &event, now).await?;
    store::insert_delivery(conn, &event.id, kernel::clock::real_now()).await
}

/// Whose events they are.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    pub provider: Provider,
    /// A connected account; none for the platform's own.
    pub account: Option<&'a str>,
}

async fn write_in_tx(
    conn: &mut Conn,
    now: Timestamp,
    origin: Origin<'_>,
    told: Vec<(&'static str, Value)>,
    plan: &WebhookPlan,
) -> Result<(), Error> {
    let signed_off = kernel::clock::real_now();
    for (position, (event_type, object)) in (0..).zip(told) {
        let event = event(origin, event_type, now, &object);
        store::insert_event(conn, &event, now).await?;
        let id = event.id;
        for arrival in plan.arrivals(position) {
            store::insert_delivery(conn, &id, signed_off + arrival).await?;
        }
    }
    Ok(())
}

/// An event as its provider writes it: with the id that the provider gives it, and not ours.
struct Event {
    id: String,
    provider: Provider,
    event_type: &'static str,
    body: String,
}

fn event(origin: Origin<'_>, event_type: &'static str, now: Timestamp, object: &Value) -> Event {
    let provider = origin.provider;
    let (id, body) = match provider {
        Provider::Stripe => {
            let id = provider_id("evt");
            let mut body = stripe::objects::event(&id, event_type, now, object);
            if let Some(account) = origin.account {
                body["account"] = account.into();
            }
            (id, body)
        }
        Provider::Square => {
            let id = square_id();
            let body = square::objects::event(&id, event_type, now, object);
            (id, body)
        }
        Provider::Paypal => {
            let id = format!("WH-{}", square_id().to_ascii_uppercase());
            let body = paypal::objects::event(&id, event_type, now, object);
            (id, body)
        }
    };
    Event { id, provider, event_type, body: body.to_string() }
}
